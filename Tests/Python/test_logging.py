# SPDX-License-Identifier: Apache-2.0
"""Log settings over HTTP, by Triton's client."""
import pytest
import tritonclient.http as http
from tritonclient.utils import InferenceServerException

DEFAULTS = {
    "log_file": "", "log_info": True, "log_warning": True, "log_error": True, "log_verbose_level": 0,
    "log_format": "default",
}


@pytest.fixture
def logged(repository, start_server, tmp_path):
    return start_server(
        f"--model-repository={repository}", "--model-control-mode=explicit", f"--log-file={tmp_path / 'log.txt'}"
    )


def test_settings_take_effect_at_once(logged, tmp_path):
    log = tmp_path / "log.txt"
    with http.InferenceServerClient(logged.url) as client:
        assert client.get_log_settings() == DEFAULTS
        client.load_model("identity_float32")
        assert "successfully loaded 'identity_float32'" in log.read_text()
        assert client.update_log_settings({"log_info": False})["log_info"] is False
        client.load_model("identity_int32")
        assert "successfully loaded 'identity_int32'" not in log.read_text()
        client.update_log_settings({"log_info": True, "log_format": "ISO8601"})
        client.load_model("identity_int64")
        line = next(line for line in log.read_text().splitlines() if "successfully loaded 'identity_int64'" in line)
        assert line[4] == "-" and line[10] == "T"


@pytest.mark.parametrize("settings, text", [
    ({"log_file": "/tmp/elsewhere"}, "log file location can not be updated through network protocol"),
    ({"log_file": ""}, "log file location can not be updated through network protocol"),
    ({"log_format": "xml"}, "invalid argument for --log_format, got: xml"),
    ({"log_info": "true"}, "log setting 'log_info' must be a boolean"),
    ({"log_verbose_level": -1}, "Unable to parse 'log_verbose_level'"),
    ({"log_nothing": True}, "unknown log setting 'log_nothing'"),
])
def test_wrong_settings_are_refused_and_change_nothing(logged, settings, text):
    with http.InferenceServerClient(logged.url) as client:
        with pytest.raises(InferenceServerException) as error:
            client.update_log_settings({"log_warning": False, **settings})
        assert text in error.value.message()
        assert client.get_log_settings() == DEFAULTS


def test_the_profile_lets_settings_be_read_only(repository, start_server):
    server = start_server(f"--model-repository={repository}", "--profile=triton")
    assert server.get("/v2/logging")[0] == 200
    status, body, _ = server.post("/v2/logging", b'{"log_info":false}')
    assert status == 403 and b"read only" in body

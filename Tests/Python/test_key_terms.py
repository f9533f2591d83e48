# SPDX-License-Identifier: Apache-2.0
"""Terms of keys, as they are typed and as they hold."""
import json
import re

import numpy as np
import pytest
import tritonclient.grpc as triton_grpc
import tritonclient.http as triton_http
from access import ALL, bearer, buckler, make_key
from conftest import eventually, identity_model
from tritonclient.utils import InferenceServerException


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    repository = tmp_path_factory.mktemp("terms")
    for name in ("one", "two"):
        identity_model(repository, name, "TYPE_FP32", extra="version_policy: { all {} }")
    (repository / "two" / "2").mkdir()
    return repository


@pytest.fixture
def server(start_server, models, home):
    return start_server(f"--model-repository={models}", "--model-control-mode=explicit", "--load-model=*",
                        anonymous=False, env={"BUCKLER_HOME": str(home)})


def infer(module, url, key, model, version=""):
    with module.InferenceServerClient(url) as client:
        tensor = module.InferInput("INPUT0", [1, 2], "FP32")
        tensor.set_data_from_numpy(np.zeros((1, 2), dtype=np.float32))
        answer = client.infer(model, [tensor], model_version=version, headers=bearer(key)).get_response()
        return answer["model_version"] if module is triton_http else answer.model_version


@pytest.mark.parametrize("module", [triton_http, triton_grpc])
def test_a_key_for_a_version_is_good_where_the_server_chooses_that_one(home, server, module):
    key = make_key(home, "of-first", f"--scopes={ALL}", "--model=one@1", "--model=two@1")
    latest = make_key(home, "latest", f"--scopes={ALL}", "--model=two@2")
    assert eventually(lambda: server.get("/v2", headers=bearer(key))[0] == 200)
    assert eventually(lambda: server.get("/v2", headers=bearer(latest))[0] == 200)
    url = server.url if module is triton_http else server.grpc_url
    assert infer(module, url, key, "one") == "1"
    assert infer(module, url, key, "two", "1") == "1"
    assert infer(module, url, latest, "two") == "2"
    for refused in [(key, "two"), (key, "two", "2"), (latest, "two", "1"), (latest, "one")]:
        with pytest.raises(InferenceServerException, match="is not found"):
            infer(module, url, *refused)
    with module.InferenceServerClient(url) as client:
        assert client.is_model_ready("one", headers=bearer(key))
        shown = client.get_model_metadata("two", "1", headers=bearer(key))
        assert (shown["versions"] if module is triton_http else list(shown.versions)) == ["1"]
        client.get_model_config("two", headers=bearer(latest))
        client.get_inference_statistics("two", headers=bearer(latest))
        for call in (client.get_model_metadata, client.get_model_config, client.get_inference_statistics):
            with pytest.raises(InferenceServerException):
                call("two", headers=bearer(key))
        # All versions are loaded and unloaded, and traced, together.
        for act in (client.load_model, client.unload_model):
            with pytest.raises(InferenceServerException, match="not found"):
                act("one", headers=bearer(key))
        with pytest.raises(InferenceServerException):
            client.update_trace_settings("one", {"trace_rate": "1"}, headers=bearer(key))


@pytest.mark.parametrize("option", ["--expires=90", "--rate=100", "--rate=100/d", "--expires=1y"])
def test_what_has_no_unit_is_refused(home, option):
    made = buckler(home, "key", "create", "ci", option)
    assert made.returncode == 1 and "write " in made.stderr and made.stdout == ""
    assert json.loads(buckler(home, "key", "list", "--json").stdout) == []


@pytest.mark.parametrize("rate, printed", [("5/h", "5/h"), ("4/h", "4/h"), ("100/s", "100/s"), ("600/m", "10/s"),
                                           ("7/m", "7/m"), ("0.5/s", "0.500/s"), ("10/h", "10/h")])
def test_what_is_printed_means_the_same_rate(home, rate, printed):
    line = buckler(home, "key", "create", "p", "--print-only", f"--rate={rate}").stdout
    assert f"rate={printed} " in line


def test_rotation_says_until_when_the_old_key_works(home):
    make_key(home, "ci", "--expires=2h")
    bounded = buckler(home, "key", "rotate", "ci", "--grace=7d")
    assert bounded.returncode == 0
    end = re.search(r"The old one works until (\S+)\.", bounded.stderr)[1]
    listed = {row["id"]: row for row in json.loads(buckler(home, "key", "list", "--json").stdout)}
    assert end in [row["expires"] for row in listed.values() if row.get("replacedBy")], "its own end, not the grace's"
    assert "--grace is a time" in buckler(home, "key", "rotate", "ci", "--grace=30").stderr
    assert "is more than ten years, as 3650d is" in buckler(home, "key", "rotate", "ci", "--grace=1000w").stderr
    assert "no longer works" in buckler(home, "key", "rotate", "ci").stderr

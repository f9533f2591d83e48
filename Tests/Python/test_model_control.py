# SPDX-License-Identifier: Apache-2.0
"""Loading and unloading while the server runs."""
import base64
import json
import shutil
import threading
import time

import numpy as np
import pytest
import tritonclient.http as http
from conftest import ROOT, identity_model
from tritonclient.utils import InferenceServerException


@pytest.fixture
def repository(tmp_path):
    repository = tmp_path / "models"
    repository.mkdir()
    shutil.copytree(ROOT / "Examples/models/digits", repository / "digits")
    identity_model(repository, "echo", "TYPE_FP32")
    return repository


@pytest.fixture
def client(start_server, repository):
    server = start_server(f"--model-repository={repository}", "--model-control-mode=explicit", "--load-model=echo")
    with http.InferenceServerClient(server.url, concurrency=4) as client:
        client.server = server
        yield client


def infer_echo(client, model="echo"):
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    tensor = http.InferInput("INPUT0", values.shape, "FP32")
    tensor.set_data_from_numpy(values)
    return np.array_equal(client.infer(model, [tensor]).as_numpy("OUTPUT0"), values)


def index(client):
    return {entry["name"]: entry for entry in client.get_model_repository_index()}


def test_load_and_unload(client):
    assert index(client)["digits"] == {"name": "digits"}
    assert not client.is_model_ready("digits")
    client.load_model("digits")
    assert index(client)["digits"] == {"name": "digits", "version": "1", "state": "READY"}
    assert client.is_model_ready("digits")
    client.unload_model("digits")
    for _ in range(100):
        if index(client)["digits"].get("reason") == "unloaded":
            break
        threading.Event().wait(0.05)
    assert index(client)["digits"] == {
        "name": "digits", "version": "1", "state": "UNAVAILABLE", "reason": "unloaded",
    }
    assert client.is_server_ready(), "what was unloaded on purpose does not count against readiness"
    with pytest.raises(InferenceServerException, match="has no available versions"):
        client.infer("digits", [])


def test_unloading_an_unknown_model_succeeds(client):
    client.unload_model("nobody")


def test_loading_an_unknown_model_fails_and_leaves_no_trace(client):
    before = client.get_model_repository_index()
    with pytest.raises(InferenceServerException, match="failed to load 'nobody', failed to poll from model repository"):
        client.load_model("nobody")
    assert client.get_model_repository_index() == before
    assert client.is_server_ready()
    with pytest.raises(InferenceServerException, match="Request for unknown model: 'nobody' is not found"):
        client.get_model_metadata("nobody")


def test_a_link_that_stays_inside_is_followed_with_a_warning(client, repository):
    (repository / "digits/1/model.onnx").rename(repository / "digits/real.onnx")
    (repository / "digits/1/model.onnx").symlink_to("../real.onnx")
    client.load_model("digits")
    assert "link" in client.server.log.read_text()


@pytest.mark.parametrize("name", ["..", "%2e%2e", "a%2fb"])
def test_names_cannot_leave_the_repository(client, name):
    status, body, _ = client.server.post(f"/v2/repository/models/{name}/load")
    assert status in (400, 404, 500) and b"error" in body
    assert client.is_server_live()


def test_config_override_replaces_the_file_and_a_plain_load_returns_to_it(client):
    client.load_model("echo", config=json.dumps({
        "backend": "identity", "max_batch_size": 4,
        "input": [{"name": "INPUT0", "data_type": "TYPE_FP32", "dims": [-1]}],
        "output": [{"name": "OUTPUT0", "data_type": "TYPE_FP32", "dims": [-1]}],
    }))
    assert client.get_model_config("echo")["max_batch_size"] == 4
    client.load_model("echo")
    assert client.get_model_config("echo")["max_batch_size"] == 0


def test_unknown_field_of_an_override_is_named_and_the_old_model_serves_on(client):
    with pytest.raises(InferenceServerException, match="max_batch_sise"):
        client.load_model("echo", config='{"backend": "identity", "max_batch_sise": 4}')
    assert infer_echo(client)


def test_file_override(client):
    model = (ROOT / "Examples/models/digits/1/model.onnx").read_bytes()
    config = json.dumps({"backend": "onnxruntime", "max_batch_size": 16})
    client.load_model("digits", config=config, files={"file:7/model.onnx": model})
    assert client.get_model_metadata("digits")["versions"] == ["7"]
    client.load_model("digits")
    assert client.get_model_metadata("digits")["versions"] == ["1"]


def test_file_override_needs_a_config(client):
    body = json.dumps({"parameters": {"file:1/model.onnx": base64.b64encode(b"x").decode()}}).encode()
    status, answer, _ = client.server.post("/v2/repository/models/digits/load", body)
    assert status == 400 and b"Load parameter 'config' must be specified for model file override" in answer


@pytest.mark.parametrize("path", ["../x", "1/../../x", "1/../../../x"])
def test_file_override_stays_inside(client, path):
    body = json.dumps({"parameters": {
        "config": json.dumps({"backend": "identity"}), f"file:{path}": base64.b64encode(b"x").decode(),
    }}).encode()
    status, answer, _ = client.server.post("/v2/repository/models/digits/load", body)
    assert status == 400 and b"must stay within model directory" in answer


def test_a_failed_reload_keeps_the_old_version_serving(client, repository):
    client.load_model("digits")
    (repository / "digits/1/model.onnx").write_bytes(b"not a model")
    with pytest.raises(InferenceServerException, match="load failed for model 'digits'"):
        client.load_model("digits")
    assert client.is_model_ready("digits")
    tensor = http.InferInput("image", [1, 64], "FP32")
    tensor.set_data_from_numpy(np.zeros((1, 64), np.float32))
    assert client.infer("digits", [tensor]).as_numpy("probabilities").shape == (1, 10)


def test_loading_one_model_never_stalls_requests_to_another(client):
    stop = threading.Event()
    slowest = []

    def ask():
        with http.InferenceServerClient(client.server.url) as own:
            worst = 0.0
            while not stop.is_set():
                start = time.perf_counter()
                assert infer_echo(own)
                worst = max(worst, time.perf_counter() - start)
            slowest.append(worst)

    thread = threading.Thread(target=ask)
    thread.start()
    for _ in range(10):
        client.load_model("digits")
    stop.set()
    thread.join()
    assert slowest and slowest[0] < 1.0, slowest


def test_index_ready_filter(client):
    status, body, _ = client.server.post("/v2/repository/index", b'{"ready":true}')
    assert status == 200 and [entry["name"] for entry in json.loads(body)] == ["echo"]
    status, body, _ = client.server.post("/v2/repository/index", b'{"ready":1}')
    assert status == 400 and b"Invalid value for 'ready': expected a boolean" in body


def test_named_repository_is_not_supported(client):
    status, body, _ = client.server.post("/v2/repository/other/models/echo/load")
    assert status == 501 and b"'repository_name' specification is not supported" in body


def test_exit_on_error(start_server, repository):
    (repository / "broken/1").mkdir(parents=True)
    (repository / "broken/config.pbtxt").write_text('backend: "identity"\nmax_batch_sise: 1\n')
    server = start_server(f"--model-repository={repository}", ready=False)
    assert server.process.wait(20) == 1
    log = server.log.read_text()
    assert "max_batch_sise" in log and "broken" in log


def test_exit_on_error_off_serves_what_loaded(start_server, repository):
    (repository / "broken/1").mkdir(parents=True)
    (repository / "broken/config.pbtxt").write_text("backend: 3\n")
    arguments = [f"--model-repository={repository}", "--exit-on-error=false"]
    server = start_server(*arguments, "--strict-readiness=false")
    with http.InferenceServerClient(server.url) as client:
        assert infer_echo(client)
    strict = start_server(*arguments, ready=False)
    for _ in range(100):
        try:
            if strict.get("/v2/models/echo/ready")[0] == 200:
                break
        except OSError:
            pass
        threading.Event().wait(0.1)
    assert strict.get("/v2/health/ready")[0] == 400
    assert strict.get("/v2/health/live")[0] == 200

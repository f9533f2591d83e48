# SPDX-License-Identifier: Apache-2.0
"""What Triton answers and counts where it could be otherwise: its statuses, its texts, its statistics."""
import json
import socket

import grpc
import numpy as np
import pytest
import tritonclient.grpc as grpc_client
import tritonclient.http as http
from conftest import ROOT, identity_model
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tritonclient.utils import InferenceServerException


def body(**changes):
    tensor = {"name": "INPUT0", "datatype": "FP32", "shape": [1, 2], "data": [1, 2], **changes}
    return json.dumps({"inputs": [tensor]}).encode()


INVALID = [
    body(shape=[1, 2, 3], data=[0] * 6), body(datatype="INT32"), body(name="nobody"), body(shape=[9, 1], data=[0] * 9),
    json.dumps({"inputs": []}).encode(), body()[:-1] + b', "outputs": [{"name": "nobody"}]}', b"{", body(data=[1]),
    body(shape=[0, 2], data=[]),
]


def counted(server, model):
    """Requests that a model's statistics say failed, and what its metrics say."""
    statistics = json.loads(server.get(f"/v2/models/{model}/stats")[1])["model_stats"][0]["inference_stats"]
    page = server.get("/metrics", port=server.metrics_port)[1].decode()
    lines = [line for line in page.splitlines() if f'model="{model}"' in line]
    failures = [line for line in lines if line.startswith("nv_inference_request_failure")]
    assert len(failures) == 4
    return statistics["fail"]["count"], sum(float(line.rsplit(" ", 1)[1]) for line in failures), statistics["success"]["count"]


def test_a_request_that_is_never_queued_is_in_no_statistics(server):
    before = counted(server, "batched_float32")
    for sent in INVALID:
        status, text, _ = server.post("/v2/models/batched_float32/infer", sent)
        assert status == 400, (sent, text)
    with grpc_client.InferenceServerClient(server.grpc_url) as client:
        tensor = grpc_client.InferInput("INPUT0", [1, 2], "INT32")
        tensor.set_data_from_numpy(np.zeros((1, 2), np.int32))
        with pytest.raises(InferenceServerException, match="data-type is 'INT32'"):
            client.infer("batched_float32", [tensor])
    assert counted(server, "batched_float32") == before
    assert server.post("/v2/models/batched_float32/infer", body())[0] == 200
    assert counted(server, "batched_float32") == (*before[:2], before[2] + 1)


def test_what_the_model_itself_fails_at_is_counted_as_its_own(start_server, tmp_path):
    """The one output limit that can be had for little: the engine's own ceiling."""
    directory = tmp_path / "models/bomb/1"
    directory.mkdir(parents=True)
    (directory / "model.onnx").write_bytes((ROOT / "Tests/EnginesTests/Models/bomb_fill.onnx").read_bytes())
    server = start_server(f"--model-repository={tmp_path / 'models'}", "--max-output-byte-size=4096")
    sent = json.dumps({"inputs": [{"name": "INPUT0", "datatype": "INT64", "shape": [2], "data": [1, 1025]}]}).encode()
    status, text, _ = server.post("/v2/models/bomb/infer", sent)
    assert status == 500 and b"exceed the server's limit of 4096 bytes (--max-output-byte-size)" in text, text
    page = server.get("/metrics", port=server.metrics_port)[1].decode()
    assert 'nv_inference_request_failure{model="bomb",reason="BACKEND",version="1"} 1' in page


@pytest.fixture
def explicit(start_server, tmp_path):
    repository = tmp_path / "models"
    identity_model(repository, "echo", "TYPE_FP32")
    (repository / "broken/1").mkdir(parents=True)
    (repository / "broken/config.pbtxt").write_text('backend: "identity"\nno_such_field: 1\n')
    return start_server(f"--model-repository={repository}", "--model-control-mode=explicit")


@pytest.mark.parametrize("name", ["nobody", "broken"])
def test_a_model_that_cannot_be_polled_is_an_internal_error(explicit, name):
    expected = f"failed to load '{name}', failed to poll from model repository"
    status, text, _ = explicit.post(f"/v2/repository/models/{name}/load")
    assert status == 500 and expected in text.decode(), text
    with grpc_client.InferenceServerClient(explicit.grpc_url) as client:
        with pytest.raises(InferenceServerException, match=expected) as error:
            client.load_model(name)
        assert error.value.status() == "StatusCode.INTERNAL"


def test_an_unknown_load_parameter(explicit):
    sent = json.dumps({"parameters": {"colour": "red"}}).encode()
    status, text, _ = explicit.post("/v2/repository/models/echo/load", sent)
    assert status == 500 and b"unexpected error on creating Triton parameter" in text and b"colour" in text
    with grpc_client.InferenceServerClient(explicit.grpc_url) as client:
        request = grpc_client.service_pb2.RepositoryModelLoadRequest(model_name="echo")
        request.parameters["colour"].string_param = "red"
        with pytest.raises(grpc.RpcError) as error:
            client._client_stub.RepositoryModelLoad(request)
        assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        assert "unrecognized load parameter 'colour'." in error.value.details()


def test_health_check_looks_at_no_service_name(server):
    with grpc.insecure_channel(server.grpc_url) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        for service in ["", "inference.GRPCInferenceService", "no.such.Service"]:
            answer = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=5)
            assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_only_the_empty_service_may_be_asked_about_without_a_credential(start_server, repository, home):
    server = start_server(
        f"--model-repository={repository}", "--model-control-mode=explicit", anonymous=False,
        env={"BUCKLER_HOME": str(home)},
    )
    with grpc.insecure_channel(server.grpc_url) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        assert stub.Check(health_pb2.HealthCheckRequest(), timeout=5).status
        for service in ["inference.GRPCInferenceService", "no.such.Service"]:
            with pytest.raises(grpc.RpcError) as error:
                stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=5)
            assert error.value.code() == grpc.StatusCode.UNAUTHENTICATED


def ended(start_server, *arguments):
    server = start_server(*arguments, ready=False)
    assert server.process.wait(10) == 1
    return server, server.log.read_text()


def test_a_port_twice(start_server, repository):
    server, text = ended(start_server, f"--model-repository={repository}", "--http-port=8123", "--grpc-port=8123")
    assert ("The server cannot listen to HTTP requests and GRPC requests at the same address and port 127.0.0.1:8123"
            in text)


@pytest.mark.parametrize("service,flag", [("HTTP", "--http-port"), ("GRPC", "--grpc-port"), ("Metrics", "--metrics-port")])
def test_a_port_in_use_is_named(start_server, tmp_path, service, flag):
    (tmp_path / "models").mkdir()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        server, text = ended(start_server, f"--model-repository={tmp_path / 'models'}", f"{flag}={port}")
        assert f"failed to start {service} service: Unavailable - Socket '127.0.0.1:{port}' already in use" in text
        assert flag in text
        assert "Already closed" not in text


def test_deprecated_flags_are_told_of_in_the_log(start_server, tmp_path):
    identity_model(tmp_path / "models", "echo", "TYPE_FP32")
    server = start_server(
        f"--model-repository={tmp_path / 'models'}", "--strict-model-config", "false",
        "--disable-auto-complete-config", "true",
    )
    text = server.log.read_text()
    assert ("Warning: '--strict-model-config' has been deprecated! Please use '--disable-auto-complete-config' instead."
            in text)
    assert "Warning: Overriding deprecated '--strict-model-config' from False to True" in text


def test_a_batch_of_nothing_is_the_clients_mistake(server):
    with http.InferenceServerClient(server.url) as client:
        tensor = http.InferInput("INPUT0", [0, 2], "FP32")
        tensor.set_data_from_numpy(np.zeros((0, 2), np.float32))
        with pytest.raises(InferenceServerException) as error:
            client.infer("batched_float32", [tensor])
        assert error.value.status() == "400"

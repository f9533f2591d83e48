# SPDX-License-Identifier: Apache-2.0
"""Triton's own gRPC clients: sync, asyncio and streaming, with every data type, with and without TLS."""
import asyncio
import queue
import subprocess
import threading
import time

import numpy as np
import pytest
import tritonclient.grpc as sync_grpc
import tritonclient.grpc.aio as aio_grpc
from conftest import TYPES
from tensors import sample
from tritonclient.utils import InferenceServerException


def tensor(module, datatype, values, name="INPUT0"):
    made = module.InferInput(name, list(values.shape), datatype)
    made.set_data_from_numpy(values)
    return made


def check(values, result):
    got = result.as_numpy("OUTPUT0")
    assert list(got.shape) == list(values.shape)
    assert np.array_equal(got, values)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """A certificate authority, and a certificate of its for the server and for a client."""
    directory = tmp_path_factory.mktemp("certificates")

    def openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, cwd=directory)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", 2,
            "-subj", "/CN=test authority")
    (directory / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    for name in ("server", "client"):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr",
                "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-out", f"{name}.pem", "-days", 2, "-extfile", "names")
        (directory / f"{name}.key").chmod(0o600)
    return directory


@pytest.fixture(scope="module")
def tls_server(repository, certificates, tmp_path_factory):
    from conftest import Server

    server = Server(
        f"--model-repository={repository}", "--grpc-use-ssl=true", "--grpc-use-ssl-mutual=true",
        f"--grpc-server-cert={certificates}/server.pem", f"--grpc-server-key={certificates}/server.key",
        f"--grpc-root-cert={certificates}/ca.pem", log=tmp_path_factory.mktemp("log") / "tls.log",
    ).wait_ready()
    yield server
    assert server.process.poll() is None, server.log.read_text()
    assert server.stop() == 0, server.log.read_text()


@pytest.fixture(params=["plain", "tls"])
def endpoint(request):
    """The arguments of a client, for a server without TLS and for one that asks for certificates both ways."""
    if request.param == "plain":
        return {"url": request.getfixturevalue("server").grpc_url}
    certificates = request.getfixturevalue("certificates")
    return {
        "url": f"localhost:{request.getfixturevalue('tls_server').grpc_port}", "ssl": True,
        "root_certificates": str(certificates / "ca.pem"), "private_key": str(certificates / "client.key"),
        "certificate_chain": str(certificates / "client.pem"),
    }


@pytest.fixture
def client(endpoint):
    with sync_grpc.InferenceServerClient(**endpoint) as client:
        yield client


@pytest.mark.parametrize("shape", [(2, 3), (1, 1), (0, 4)], ids=str)
@pytest.mark.parametrize("name, datatype", [(name, datatype) for name, _, datatype in TYPES])
def test_sync(server, name, datatype, shape):
    values = sample(name, shape)
    with sync_grpc.InferenceServerClient(server.grpc_url) as client:
        result = client.infer(f"identity_{name}", [tensor(sync_grpc, datatype, values)], request_id="r1")
        check(values, result)
        assert result.get_response().id == "r1" and result.get_response().model_version == "1"


def test_every_type_at_once_with_asyncio(endpoint):
    async def run():
        async with aio_grpc.InferenceServerClient(**endpoint) as client:
            async def one(name, datatype, batch):
                values = sample(name, (batch, 4))
                check(values, await client.infer(f"batched_{name}", [tensor(aio_grpc, datatype, values)]))

            await asyncio.gather(*(one(name, datatype, batch) for name, _, datatype in TYPES for batch in (1, 8, 3)))

    asyncio.run(run())


@pytest.mark.parametrize("algorithm", [None, "gzip", "deflate"])
def test_compression(client, algorithm):
    values = np.zeros((100, 200), dtype=np.float32)
    check(values, client.infer("identity_float32", [tensor(sync_grpc, "FP32", values)], compression_algorithm=algorithm))


def test_stream_answers_in_order(client):
    answers = queue.Queue()
    client.start_stream(lambda result, error: answers.put((result, error)))
    for index in range(200):
        values = np.full((1, 2), index, dtype=np.int32)
        name = "identity_int32" if index % 2 else "batched_int32"
        client.async_stream_infer(name, [tensor(sync_grpc, "INT32", values)], request_id=str(index))
    for index in range(200):
        result, error = answers.get(timeout=20)
        assert error is None
        assert result.get_response().id == str(index)
        assert result.get_response().parameters["triton_final_response"].bool_param
        assert result.as_numpy("OUTPUT0").tolist() == [[index, index]]
    client.stop_stream()


def test_an_error_on_a_stream_does_not_end_it(client):
    answers = queue.Queue()
    client.start_stream(lambda result, error: answers.put((result, error)))
    values = np.zeros((1, 1), dtype=np.int32)
    for name in ("identity_int32", "nobody", "identity_int32"):
        client.async_stream_infer(name, [tensor(sync_grpc, "INT32", values)], request_id=name)
    got = [answers.get(timeout=20) for _ in range(3)]
    assert [error is None for _, error in got] == [True, False, True]
    assert "Request for unknown model: 'nobody' is not found" in str(got[1][1])
    client.stop_stream()


def repeat(values, delay=0, module=sync_grpc):
    values = np.array(values, dtype=np.int32)
    return [
        tensor(module, "INT32", values, "IN"),
        tensor(module, "UINT32", np.full(values.shape, delay, dtype=np.uint32), "DELAY"),
        tensor(module, "UINT32", np.zeros(1, dtype=np.uint32), "WAIT"),
    ]


@pytest.mark.parametrize("empty_final", [False, True])
def test_decoupled(client, empty_final):
    answers = queue.Queue()
    client.start_stream(lambda result, error: answers.put((result, error)))
    client.async_stream_infer(
        "repeat", repeat([7, 8, 9]), request_id="d", enable_empty_final_response=empty_final)
    got = [answers.get(timeout=20) for _ in range(4 if empty_final else 3)]
    assert all(error is None for _, error in got)
    results = [result for result, _ in got]
    assert [result.as_numpy("OUT").tolist() for result in results[:3]] == [[7], [8], [9]]
    assert [result.as_numpy("IDX").tolist() for result in results[:3]] == [[0], [1], [2]]
    finals = [result.get_response().parameters["triton_final_response"].bool_param for result in results]
    assert finals == [False] * 3 + [True] * empty_final
    if empty_final:
        last = results[3].get_response()
        assert (last.id, last.model_name, len(last.outputs)) == ("d", "repeat", 0)
    time.sleep(0.1)
    assert answers.empty()
    client.stop_stream()


def test_decoupled_answers_come_as_they_are_made(client):
    """A slow request does not hold up one that came after it."""
    answers = queue.Queue()
    client.start_stream(lambda result, error: answers.put((result, error)))
    client.async_stream_infer("repeat", repeat([1, 2], delay=300), request_id="slow")
    client.async_stream_infer("repeat", repeat([3]), request_id="fast")
    got = [answers.get(timeout=20) for _ in range(3)]
    assert [result.get_response().id for result, _ in got] == ["fast", "slow", "slow"]
    client.stop_stream()


def test_decoupled_needs_a_stream(client):
    with pytest.raises(InferenceServerException, match="doesn't support models with decoupled transaction policy"):
        client.infer("repeat", repeat([1]))


def test_cancelling_a_stream_ends_its_requests(server):
    with sync_grpc.InferenceServerClient(server.grpc_url) as client:
        before = client.get_inference_statistics("repeat", as_json=True)["model_stats"][0]
        first = threading.Event()
        client.start_stream(lambda result, error: first.set())
        client.async_stream_infer("repeat", repeat([0] * 1000, delay=20))
        assert first.wait(20)
        client.stop_stream(cancel_requests=True)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            after = client.get_inference_statistics("repeat", as_json=True)["model_stats"][0]
            failed = [int(stats["model_stats"]["inference_stats"].get("fail", {}).get("count", 0))
                      if "model_stats" in stats else int(stats["inference_stats"].get("fail", {}).get("count", 0))
                      for stats in (before, after)]
            if failed[1] > failed[0]:
                return
            time.sleep(0.1)
        raise AssertionError(f"the request was not cancelled: {after}")


def test_classification(client):
    scores = np.array([[0.1, 0.7, 0.2]], dtype=np.float32)
    top2 = sync_grpc.InferRequestedOutput("OUTPUT0", class_count=2)
    got = client.infer("batched_float32", [tensor(sync_grpc, "FP32", scores)], outputs=[top2]).as_numpy("OUTPUT0")
    assert got.tolist() == [[b"0.700000:1", b"0.200000:2"]]


def test_health_metadata_and_config(client):
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("digits") and client.is_model_ready("digits", "1")
    metadata = client.get_model_metadata("digits", as_json=True)
    assert metadata == {
        "name": "digits", "versions": ["1"], "platform": "onnxruntime_onnx",
        "inputs": [{"name": "image", "datatype": "FP32", "shape": ["-1", "64"]}],
        "outputs": [{"name": "probabilities", "datatype": "FP32", "shape": ["-1", "10"]}],
    }
    config = client.get_model_config("digits").config
    assert config.max_batch_size == 64 and list(config.dynamic_batching.preferred_batch_size) == [64]
    assert "digits" in [model.name for model in client.get_model_repository_index().models]
    server = client.get_server_metadata()
    assert server.name == "triton" and "binary_tensor_data" in server.extensions


def test_errors_have_the_status_and_name_what_is_wrong(client):
    values = sample("float32", (2, 2))
    inputs = [tensor(sync_grpc, "FP32", values)]
    cases = [
        ("nobody", None, "StatusCode.NOT_FOUND", "Request for unknown model: 'nobody' is not found"),
        ("identity_int8", None, "StatusCode.INVALID_ARGUMENT", "but model 'identity_int8' expects 'INT8'"),
        ("identity_float32", "X", "StatusCode.INVALID_ARGUMENT", "unexpected inference output 'X' for model"),
    ]
    for model, output, status, message in cases:
        outputs = [sync_grpc.InferRequestedOutput(output)] if output else None
        with pytest.raises(InferenceServerException) as error:
            client.infer(model, inputs, outputs=outputs)
        assert error.value.status() == status and message in error.value.message()
    with pytest.raises(InferenceServerException, match="explicit model load / unload is not allowed"):
        client.load_model("digits")


def test_deadline(client):
    with pytest.raises(InferenceServerException, match="(?i)deadline"):
        client.infer("sleeper", [tensor(sync_grpc, "FP32", sample("float32", (1, 1)))], client_timeout=0.2)


def test_a_tensor_of_64_mib_goes_both_ways(start_server, repository):
    server = start_server(f"--model-repository={repository}", "--profile=triton")
    values = np.arange(16 << 20, dtype=np.float32).reshape(4096, 4096)
    with sync_grpc.InferenceServerClient(server.grpc_url) as client:
        check(values, client.infer("identity_float32", [tensor(sync_grpc, "FP32", values)]))

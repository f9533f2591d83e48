# SPDX-License-Identifier: Apache-2.0
"""Triton's own HTTP clients, sync and asyncio, with every data type, as tensors in binary and in JSON."""
import asyncio
import json

import numpy as np
import pytest
import tritonclient.http as sync_http
import tritonclient.http.aio as aio_http
from conftest import TYPES
from tensors import NO_JSON, sample
from tritonclient.utils import InferenceServerException


def request(module, name, datatype, values, binary):
    tensor = module.InferInput("INPUT0", list(values.shape), datatype)
    tensor.set_data_from_numpy(values, binary_data=binary)
    return [tensor], [module.InferRequestedOutput("OUTPUT0", binary_data=binary)]


def check(name, values, result):
    got = result.as_numpy("OUTPUT0")
    assert list(got.shape) == list(values.shape)
    if name == "object":
        # JSON gives strings where binary gives bytes.
        got = np.array([v.encode() if isinstance(v, str) else v for v in got.flat], dtype=np.object_).reshape(got.shape)
    assert np.array_equal(got, values)


CASES = [
    pytest.param(name, datatype, binary, id=f"{name}-{'binary' if binary else 'json'}")
    for name, _, datatype in TYPES
    for binary in (True, False)
    if binary or name not in NO_JSON
]


@pytest.fixture(scope="module")
def client(server):
    with sync_http.InferenceServerClient(server.url, concurrency=4) as client:
        yield client


@pytest.mark.parametrize("shape", [(2, 3), (1, 1), (0, 4), (5, 0)], ids=str)
@pytest.mark.parametrize("name, datatype, binary", CASES)
def test_sync(client, name, datatype, binary, shape):
    values = sample(name, shape)
    if name == "object" and not binary:
        values = np.array([v.decode() for v in values.flat], dtype=np.object_).reshape(shape)
    inputs, outputs = request(sync_http, name, datatype, values, binary)
    expected = values
    if name == "object" and not binary:
        expected = np.array([v.encode() for v in values.flat], dtype=np.object_).reshape(shape)
    check(name, expected, client.infer(f"identity_{name}", inputs, outputs=outputs, request_id="r1"))


@pytest.mark.parametrize("name, datatype, binary", CASES)
def test_asyncio_batched(server, name, datatype, binary):
    async def run():
        async with aio_http.InferenceServerClient(server.url) as client:
            async def one(batch):
                values = sample(name, (batch, 4))
                expected = values
                if name == "object" and not binary:
                    values = np.array([v.decode() for v in values.flat], dtype=np.object_).reshape(values.shape)
                inputs, outputs = request(aio_http, name, datatype, values, binary)
                check(name, expected, await client.infer(f"batched_{name}", inputs, outputs=outputs))

            await asyncio.gather(*(one(batch) for batch in (1, 2, 8, 3)))

    asyncio.run(run())


@pytest.mark.parametrize("request_algorithm", [None, "gzip", "deflate"])
@pytest.mark.parametrize("response_algorithm", [None, "gzip", "deflate"])
@pytest.mark.parametrize("binary", [True, False])
def test_compression(client, request_algorithm, response_algorithm, binary):
    values = sample("float32", (20, 50))
    inputs, outputs = request(sync_http, "float32", "FP32", values, binary)
    result = client.infer(
        "identity_float32",
        inputs,
        outputs=outputs,
        request_compression_algorithm=request_algorithm,
        response_compression_algorithm=response_algorithm,
    )
    check("float32", values, result)


def test_without_outputs_everything_comes_back_in_binary(client):
    values = sample("int64", (3, 3))
    inputs, _ = request(sync_http, "int64", "INT64", values, True)
    result = client.infer("identity_int64", inputs)
    check("int64", values, result)
    assert "binary_data_size" in result.get_output("OUTPUT0")["parameters"]


def test_async_infer_of_the_sync_client(client):
    values = sample("int32", (2, 2))
    inputs, outputs = request(sync_http, "int32", "INT32", values, True)
    for pending in [client.async_infer("identity_int32", inputs, outputs=outputs) for _ in range(8)]:
        check("int32", values, pending.get_result())


def test_classification(client):
    scores = np.array([[0.1, 0.7, 0.2]], dtype=np.float32)
    inputs, _ = request(sync_http, "float32", "FP32", scores, True)
    top2 = sync_http.InferRequestedOutput("OUTPUT0", class_count=2)
    got = client.infer("batched_float32", inputs, outputs=[top2]).as_numpy("OUTPUT0")
    assert got.tolist() == [[b"0.700000:1", b"0.200000:2"]]


def test_health_and_metadata(client):
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("digits") and client.is_model_ready("digits", "1")
    server = client.get_server_metadata()
    assert server["name"] == "triton" and "binary_tensor_data" in server["extensions"]
    assert client.get_model_metadata("digits") == {
        "name": "digits",
        "versions": ["1"],
        "platform": "onnxruntime_onnx",
        "inputs": [{"name": "image", "datatype": "FP32", "shape": [-1, 64]}],
        "outputs": [{"name": "probabilities", "datatype": "FP32", "shape": [-1, 10]}],
    }


def test_config(client):
    config = client.get_model_config("digits")
    assert config["max_batch_size"] == 64 and config["backend"] == "onnxruntime"
    assert config["dynamic_batching"]["preferred_batch_size"] == [64]
    assert config["version_policy"] == {"latest": {"num_versions": 1}}
    assert config["input"][0]["dims"] == [64]


def test_statistics(client):
    before = client.get_inference_statistics("identity_uint8")["model_stats"][0]
    values = sample("uint8", (2, 2))
    inputs, outputs = request(sync_http, "uint8", "UINT8", values, True)
    for _ in range(3):
        client.infer("identity_uint8", inputs, outputs=outputs)
    after = client.get_inference_statistics("identity_uint8")["model_stats"][0]
    assert after["inference_count"] - before["inference_count"] == 3
    assert after["execution_count"] - before["execution_count"] == 3
    assert after["inference_stats"]["success"]["count"] - before["inference_stats"]["success"]["count"] == 3
    assert after["last_inference"] > 1_600_000_000_000
    names = [entry["name"] for entry in client.get_inference_statistics()["model_stats"]]
    assert names == sorted(names) and "digits" in names


def test_errors_name_what_is_wrong(client):
    values = sample("float32", (2, 2))
    inputs, outputs = request(sync_http, "float32", "FP32", values, True)
    with pytest.raises(InferenceServerException, match="Request for unknown model: 'nobody' is not found"):
        client.infer("nobody", inputs)
    with pytest.raises(InferenceServerException, match="data-type is 'FP32', but model 'identity_int8' expects 'INT8'"):
        client.infer("identity_int8", inputs)
    with pytest.raises(InferenceServerException, match="unexpected inference output 'X' for model"):
        client.infer("identity_float32", inputs, outputs=[sync_http.InferRequestedOutput("X")])
    with pytest.raises(InferenceServerException, match="explicit model load / unload is not allowed"):
        client.load_model("digits")


def test_reserved_parameters_are_refused_by_the_server_too(server):
    body = json.dumps({
        "parameters": {"triton_x": 1},
        "inputs": [{"name": "INPUT0", "shape": [1, 1], "datatype": "FP32", "data": [1]}],
    }).encode()
    status, answer, _ = server.post("/v2/models/identity_float32/infer", body)
    assert status == 400
    assert b"parameter keys starting with 'triton_' are reserved for Triton usage and should not be specified." in answer


def test_raw_binary_request(server):
    body = np.arange(3, dtype=np.float32).tobytes()
    status, answer, headers = server.post(
        "/v2/models/batched_float32/infer", body, headers={"Inference-Header-Content-Length": "0"}
    )
    length = int(headers["Inference-Header-Content-Length"])
    assert status == 200 and answer[length:] == body
    assert json.loads(answer[:length])["outputs"][0]["shape"] == [1, 3]


def test_request_id_and_traceparent_are_echoed(server):
    body = b'{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FP32","data":[1]}]}'
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    status, _, headers = server.post(
        "/v2/models/identity_float32/infer", body, headers={"X-Request-Id": "abc", "traceparent": trace}
    )
    assert status == 200 and headers["X-Request-Id"] == "abc" and headers["traceparent"] == trace

# SPDX-License-Identifier: Apache-2.0
"""--max-output-byte-size: the limit passes, a byte more fails, and the answer names model and limit, on every engine."""
import sys

import numpy as np
import pytest
import tritonclient.grpc as grpc_client
import tritonclient.http as http
from conftest import ROOT, Server, identity_model, repeat_model
from python_models import ECHO, model_of, python_model
from tritonclient.utils import InferenceServerException

LIMIT = 1000
INTERPRETER = f"--backend-config=python,interpreter={sys.executable}"
SENDER = """
class TritonPythonModel:
    def execute(self, requests):
        for r in requests:
            sender = r.get_response_sender()
            x = pb_utils.get_input_tensor_by_name(r, "INPUT0").as_numpy()
            sender.send(pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", x)]), flags=1)
"""
TWO = """
class TritonPythonModel:
    def execute(self, requests):
        x = pb_utils.get_input_tensor_by_name(requests[0], "INPUT0").as_numpy()
        half = x.size // 2
        outputs = [pb_utils.Tensor("OUTPUT0", x[:half]), pb_utils.Tensor("OUTPUT1", x[half:])]
        return [pb_utils.InferenceResponse(outputs)]
"""


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    base = tmp_path_factory.mktemp("limited")
    models = base / "models"
    identity_model(models, "identity", "TYPE_UINT8", dims="-1")
    identity_model(models, "identity_text", "TYPE_STRING", dims="-1")
    python_model(models, "python", model_of(ECHO), dtype="TYPE_UINT8")
    python_model(models, "python_text", model_of(ECHO), dtype="TYPE_STRING")
    python_model(models, "python_two", model_of(TWO), dtype="TYPE_UINT8",
                 extra='output { name: "OUTPUT1" data_type: TYPE_UINT8 dims: [ -1 ] }')
    python_model(models, "python_batch", model_of(ECHO), dtype="TYPE_UINT8", batch=8,
                 extra="dynamic_batching { max_queue_delay_microseconds: 300000 preferred_batch_size: 4 }")
    python_model(models, "python_sender", model_of(SENDER), dtype="TYPE_UINT8",
                 extra="model_transaction_policy { decoupled: true }")
    for name in ("uint8", "bytes"):
        directory = models / f"onnx_{name}/1"
        directory.mkdir(parents=True)
        source = ROOT / f"Tests/EnginesTests/Models/identity_{name}.onnx"
        (directory / "model.onnx").write_bytes(source.read_bytes())
    server = Server(f"--model-repository={models}", f"--max-output-byte-size={LIMIT}", INTERPRETER,
                    log=base / "server.log")
    server.wait_ready(60)
    yield server
    server.stop()


def refused(model):
    return f"the outputs of model '{model}' exceed the server's limit of {LIMIT} bytes (--max-output-byte-size)"


def infer(client, model, data, kind="UINT8"):
    if model.startswith("onnx"):
        data = data.reshape(1, -1)
    tensor = http.InferInput("INPUT0", list(data.shape), kind)
    tensor.set_data_from_numpy(data)
    return client.infer(model, [tensor])


@pytest.mark.parametrize("model", ["identity", "python", "python_two", "python_batch", "onnx_uint8"])
def test_of_elements_of_one_size(limited, model):
    shape = (1, -1) if model == "python_batch" else (-1,)
    with http.InferenceServerClient(limited.url) as client:
        infer(client, model, np.zeros(LIMIT, np.uint8).reshape(shape))
        with pytest.raises(InferenceServerException) as error:
            infer(client, model, np.zeros(LIMIT + 1, np.uint8).reshape(shape))
        assert refused(model) in str(error.value) and error.value.status() == "500"
        infer(client, model, np.zeros(LIMIT, np.uint8).reshape(shape))


@pytest.mark.parametrize("model", ["identity_text", "python_text", "onnx_bytes"])
def test_of_text(limited, model):
    """Each string has four bytes of its length before it."""
    with http.InferenceServerClient(limited.url) as client:
        infer(client, model, np.array([b"x" * (LIMIT - 8), b""], object), "BYTES")
        with pytest.raises(InferenceServerException) as error:
            infer(client, model, np.array([b"x" * (LIMIT - 7), b""], object), "BYTES")
        assert refused(model) in str(error.value)


def test_of_a_batch_altogether(limited):
    """Four requests that are run at once: three of them fit, and the worker lives."""
    with http.InferenceServerClient(limited.url, concurrency=4) as client:
        tensor = http.InferInput("INPUT0", [1, 300], "UINT8")
        tensor.set_data_from_numpy(np.zeros((1, 300), np.uint8))
        calls = [client.async_infer("python_batch", [tensor]) for _ in range(4)]
        texts = []
        for call in calls:
            try:
                call.get_result()
            except InferenceServerException as error:
                texts.append(str(error))
        assert len(texts) == 1 and refused("python_batch") in texts[0]


def test_of_a_response_that_a_sender_sends(limited):
    answers = []
    with grpc_client.InferenceServerClient(limited.grpc_url) as client:
        client.start_stream(lambda result, error: answers.append(error))
        for size in (LIMIT, LIMIT + 1):
            tensor = grpc_client.InferInput("INPUT0", [size], "UINT8")
            tensor.set_data_from_numpy(np.zeros(size, np.uint8))
            client.async_stream_infer("python_sender", [tensor])
        client.stop_stream()
    assert answers[0] is None and refused("python_sender") in str(answers[1])


@pytest.mark.parametrize("limit", [7, 8])
def test_of_a_repeated_response(start_server, tmp_path, limit):
    repeat_model(tmp_path / "models")
    server = start_server(f"--model-repository={tmp_path / 'models'}", f"--max-output-byte-size={limit}")
    answers = []
    with grpc_client.InferenceServerClient(server.grpc_url) as client:
        client.start_stream(lambda result, error: answers.append(error))
        inputs = []
        for name, kind, data in [("IN", "INT32", np.ones(1, np.int32)), ("DELAY", "UINT32", np.zeros(1, np.uint32)),
                                 ("WAIT", "UINT32", np.zeros(1, np.uint32))]:
            inputs.append(grpc_client.InferInput(name, [1], kind))
            inputs[-1].set_data_from_numpy(data)
        client.async_stream_infer("repeat", inputs)
        client.stop_stream()
    text = "the outputs of model 'repeat' exceed the server's limit of 7 bytes (--max-output-byte-size)"
    assert answers[0] is None if limit == 8 else text in str(answers[0])

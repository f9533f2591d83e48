# SPDX-License-Identifier: Apache-2.0
"""The Python models of Examples/, and those kinds of example that python_backend's documentation has, in words of ours."""
import csv
import json
import re
import subprocess
import textwrap

import numpy as np
import pytest
import tritonclient.grpc as grpc_client
import tritonclient.http as http_client
from conftest import BUCKLER, ROOT
from python_models import model_of, python_model
from test_python_metrics import series
from test_python_models import INTERPRETER, infer, is_ready, output, repository, serve  # noqa: F401

WORDS = "zero one two three four five six seven eight nine".split()


@pytest.fixture(scope="module")
def rows():
    with open(ROOT / "Examples/digits.csv", newline="") as file:
        return [(int(row[0]), ",".join(row[1:])) for row in csv.reader(file)][:40]


@pytest.fixture
def examples(start_server):
    return start_server(f"--model-repository={ROOT}/Examples/models", f"--model-repository={ROOT}/Examples/python",
                        INTERPRETER)


def texts(module, values, name="text"):
    array = np.array(values, dtype=object)
    tensor = module.InferInput(name, list(array.shape), "BYTES")
    tensor.set_data_from_numpy(array)
    return tensor


def test_the_examples(examples, rows):
    with http_client.InferenceServerClient(examples.url) as client:
        images = client.infer("parse_digits", [texts(http_client, [[text] for _, text in rows])]).as_numpy("image")
        assert images.shape == (40, 64) and images[0].tolist() == [float(word) for word in rows[0][1].split(",")]
        with pytest.raises(Exception, match="an image has 64 pixels, not 2"):
            client.infer("parse_digits", [texts(http_client, [["1,2"]])])
        right = 0
        for label, text in rows:
            answer = client.infer("read_digits", [texts(http_client, [text])])
            assert 0 < answer.as_numpy("probability")[0] <= 1
            right += answer.as_numpy("word").tolist() == [WORDS[label].encode()]
        assert right >= 38
        with pytest.raises(Exception, match="an image has 64 pixels, not 1"):
            client.infer("read_digits", [texts(http_client, ["7"])])
    assert sum(series(examples, "digits_read_total{").values()) == 40
    status, stream, _ = examples.post("/v2/models/spell_digits/generate_stream", b'{"number": 205}')
    events = [json.loads(line[6:]) for line in stream.decode().splitlines() if line.startswith("data: ")]
    assert status == 200 and [(event["word"], event["left"]) for event in events if "word" in event] == [
        ("two", 2), ("zero", 1), ("five", 0)]
    assert examples.stop() == 0


ADD = model_of("""
class TritonPythonModel:
    @staticmethod
    def auto_complete_config(auto_complete_model_config):
        for name in ("A", "B"):
            auto_complete_model_config.add_input({"name": name, "data_type": "TYPE_FP32", "dims": [4]})
        auto_complete_model_config.add_output({"name": "SUM", "data_type": "TYPE_FP32", "dims": [4]})
        auto_complete_model_config.add_output({"name": "DIFFERENCE", "data_type": "TYPE_FP32", "dims": [4]})
        auto_complete_model_config.set_max_batch_size(0)
        auto_complete_model_config.set_dynamic_batching()
        return auto_complete_model_config

    def execute(self, requests):
        responses = []
        for request in requests:
            a, b = (pb_utils.get_input_tensor_by_name(request, name).as_numpy() for name in ("A", "B"))
            responses.append(pb_utils.InferenceResponse([pb_utils.Tensor("SUM", a + b),
                                                         pb_utils.Tensor("DIFFERENCE", a - b)]))
        return responses
""")

SQUARE = model_of("""
class TritonPythonModel:
    @staticmethod
    def auto_complete_config(auto_complete_model_config):
        auto_complete_model_config.add_input({"name": "N", "data_type": "TYPE_INT32", "dims": [1]})
        auto_complete_model_config.add_output({"name": "OUT", "data_type": "TYPE_INT32", "dims": [1]})
        auto_complete_model_config.set_model_transaction_policy({"decoupled": True})
        return auto_complete_model_config

    def execute(self, requests):
        for request in requests:
            threading.Thread(target=self.answer, daemon=True, args=(
                request.get_response_sender(), pb_utils.get_input_tensor_by_name(request, "N").as_numpy().copy())).start()

    def answer(self, sender, n):
        for _ in range(int(n[0])):
            sender.send(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", n)]))
        sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
""")

BLS = model_of("""
import asyncio
class TritonPythonModel:
    @staticmethod
    def auto_complete_config(auto_complete_model_config):
        for name, kind, dims in (("MODEL", "TYPE_STRING", 1), ("A", "TYPE_FP32", 4), ("B", "TYPE_FP32", 4)):
            auto_complete_model_config.add_input({"name": name, "data_type": kind, "dims": [dims]})
        for name in ("SUM", "DIFFERENCE"):
            auto_complete_model_config.add_output({"name": name, "data_type": "TYPE_FP32", "dims": [4]})
        return auto_complete_model_config

    WAY

    def made(self, request, outputs=("SUM", "DIFFERENCE")):
        name = pb_utils.get_input_tensor_by_name(request, "MODEL").as_numpy()[0].decode()
        inputs = [pb_utils.get_input_tensor_by_name(request, which) for which in ("A", "B")]
        return pb_utils.InferenceRequest(model_name=name, requested_output_names=list(outputs), inputs=inputs)
""")
SYNC = BLS.replace("WAY", """
    def execute(self, requests):
        responses = []
        for request in requests:
            answer = self.made(request).exec()
            if answer.has_error():
                raise pb_utils.TritonModelException(answer.error().message())
            responses.append(pb_utils.InferenceResponse(output_tensors=answer.output_tensors()))
        return responses
""".strip())
ASYNC = BLS.replace("WAY", """
    async def execute(self, requests):
        responses = []
        for request in requests:
            answers = await asyncio.gather(self.made(request, ["SUM"]).async_exec(),
                                           self.made(request, ["DIFFERENCE"]).async_exec())
            for answer in answers:
                if answer.has_error():
                    raise pb_utils.TritonModelException(answer.error().message())
            responses.append(pb_utils.InferenceResponse([tensor for answer in answers
                                                         for tensor in answer.output_tensors()]))
        return responses
""".strip())
TOTAL = model_of("""
class TritonPythonModel:
    @staticmethod
    def auto_complete_config(auto_complete_model_config):
        auto_complete_model_config.add_input({"name": "N", "data_type": "TYPE_INT32", "dims": [1]})
        auto_complete_model_config.add_output({"name": "SUM", "data_type": "TYPE_INT32", "dims": [1]})
        return auto_complete_model_config

    WAY
""")
TOTAL_SYNC = TOTAL.replace("WAY", """
    def execute(self, requests):
        responses = []
        for request in requests:
            made = pb_utils.InferenceRequest(model_name="square", inputs=request.inputs(), requested_output_names=["OUT"])
            total = 0
            for answer in made.exec(decoupled=True):
                if answer.has_error():
                    raise pb_utils.TritonModelException(answer.error().message())
                if len(answer.output_tensors()) > 0:
                    total += pb_utils.get_output_tensor_by_name(answer, "OUT").as_numpy()
            responses.append(pb_utils.InferenceResponse([pb_utils.Tensor("SUM", np.array(total, np.int32).reshape(1))]))
        return responses
""".strip())
TOTAL_ASYNC = TOTAL_SYNC.replace("    def execute", "    async def execute").replace(
    "for answer in made.exec(", "async for answer in await made.async_exec(")


def bare(repository, name, code):
    return python_model(repository, name, code, config=False)


def test_add_sub_and_those_that_call_it(repository, serve):
    bare(repository, "add_sub", ADD)
    bare(repository, "bls_sync", SYNC)
    bare(repository, "bls_async", ASYNC)
    server = serve()
    a, b = np.arange(4, dtype=np.float32), np.full(4, 0.25, np.float32)
    for module, url in ((http_client, server.url), (grpc_client, server.grpc_url)):
        inputs = [module.InferInput(name, [4], "FP32") for name in "AB"]
        inputs[0].set_data_from_numpy(a)
        inputs[1].set_data_from_numpy(b)
        with module.InferenceServerClient(url) as client:
            for model, more in (("add_sub", []), ("bls_sync", ["add_sub"]), ("bls_async", ["add_sub"]),):
                wanted = inputs + [texts(module, more, "MODEL")] if more else inputs
                answer = client.infer(model, wanted)
                np.testing.assert_array_equal(answer.as_numpy("SUM"), a + b)
                np.testing.assert_array_equal(answer.as_numpy("DIFFERENCE"), a - b)
            for model in ("bls_sync", "bls_async"):
                with pytest.raises(Exception, match="'nobody' is not found"):
                    client.infer(model, inputs + [texts(module, ["nobody"], "MODEL")])
    assert server.stop() == 0


def test_decoupled_and_those_that_add_up(repository, serve):
    bare(repository, "square", SQUARE)
    bare(repository, "total_sync", TOTAL_SYNC)
    bare(repository, "total_async", TOTAL_ASYNC)
    server = serve()
    for model in ("total_sync", "total_async"):
        for n in (0, 1, 4, 300):
            status, answer, _ = server.post(f"/v2/models/{model}/infer", json.dumps({"inputs": [
                {"name": "N", "datatype": "INT32", "shape": [1], "data": [n]}]}).encode())
            assert output((status, json.loads(answer))) == [n * n]
    assert server.stop() == 0


def test_the_model_of_the_documentation(start_server, tmp_path):
    """As it would be pasted: what stands indented, up to the server, and then the question."""
    text = (ROOT / "Docs/PythonModels.md").read_text()
    blocks = [textwrap.dedent(block) for block in re.findall(r"(?:^    .*\n|^\n)+", text, re.MULTILINE)]
    [files] = [block for block in blocks if "mkdir -p models/add_sub/1" in block]
    [question] = [block.strip() for block in blocks if block.strip().startswith("buckler infer add_sub")]
    written, _, served = files.strip().rpartition("\n")
    assert served == "buckler serve --model-repository=models"
    subprocess.run(["bash", "-ec", written], cwd=tmp_path, check=True, timeout=10)
    server = start_server(f"--model-repository={tmp_path / 'models'}", INTERPRETER)
    asked = subprocess.run([BUCKLER, *question.split()[1:], "--url", server.url, "--json"], capture_output=True,
                           text=True, timeout=30)
    assert asked.returncode == 0, asked.stderr
    outputs = {tensor["name"]: tensor["data"] for tensor in json.loads(asked.stdout)["outputs"]}
    assert outputs == {"SUM": [5, 5, 5, 5], "DIFFERENCE": [-3, -1, 1, 3]}

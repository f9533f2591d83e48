# SPDX-License-Identifier: Apache-2.0
"""What workers cost: ONNX Runtime in one against in the server, and Python models against Triton's Python backend."""
import json
import os
import shutil
import time
import urllib.request

from servers import Server, free_port

STARTS = 9

MODEL = """import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        responses = []
        for request in requests:
            data = pb_utils.get_input_tensor_by_name(request, "INPUT0").as_numpy()
            responses.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", data)]))
        return responses
"""

# Name, elements of a tensor, what lets the server make batches, and requests in flight.
PYTHON_MODELS = (
    ("python_identity", 784, "max_batch_size: 32\ndynamic_batching { }", (1, 8, 32)),
    ("python_large", 2 << 20, "max_batch_size: 0", (1, 4)),
)


def measure(suite):
    repository = python_repository(suite.scratch / "python-repository")
    results = {"placement": placement(suite), "python": [], "starts": {}}
    interpreter = suite.scratch / "models" / "bin" / "python"
    served = [f"--backend-config=python,interpreter={interpreter}", f"--model-repository={repository}"]
    for name, *_ in PYTHON_MODELS:
        served += ["--load-model", name]
    with suite.buckler([], served) as server:
        results["starts"]["python_identity"] = starts(server, "python_identity")
        with triton(suite, repository) as other:
            for name, elements, batching, in_flights in PYTHON_MODELS:
                request = python_request(suite, name, elements, has_batch="dynamic" in batching)
                for in_flight in in_flights:
                    result = suite.tools.pair(server, other, in_flight, request)
                    results["python"].append({"against": f"{other.name}, {name}", **result})
                    rates = [result[one]["requests_per_second"] for one in ("first", "second")]
                    print(f"    {name}, {in_flight} in flight: {rates[0]:.0f} and {rates[1]:.0f} requests/s", flush=True)
    return results


def placement(suite):
    """The same server and model twice; in one of them the engine runs in a sandboxed worker."""
    results = {"comparisons": []}
    with suite.buckler(["mlp"], ["--placement=worker"]) as hosted:
        with suite.buckler(["mlp"], ["--placement=process"]) as server:
            server.name = "in process"
            suite.compare(results, hosted, server, suite.binary_request("mlp"), model="mlp")
            results["starts_in_process"] = starts(server, "mlp")
        results["starts"] = starts(hosted, "mlp")
    return results


def starts(server, model):
    """Seconds from each request to load a model to its answer, which comes when it is ready."""
    found = []
    for _ in range(STARTS):
        ask(server, model, "unload")
        time.sleep(0.3)
        began = time.monotonic()
        ask(server, model, "load")
        found.append(time.monotonic() - began)
    return sorted(found)


def ask(server, model, what):
    request = urllib.request.Request(f"{server.url}/v2/repository/models/{model}/{what}", b"{}")
    with urllib.request.urlopen(request, timeout=60) as answer:
        answer.read()


def python_repository(directory):
    for name, elements, batching, _ in PYTHON_MODELS:
        (directory / name / "1").mkdir(parents=True, exist_ok=True)
        (directory / name / "1" / "model.py").write_text(MODEL)
        (directory / name / "config.pbtxt").write_text(
            f'backend: "python"\n{batching}\n'
            f'input {{ name: "INPUT0" data_type: TYPE_FP32 dims: [ {elements} ] }}\n'
            f'output {{ name: "OUTPUT0" data_type: TYPE_FP32 dims: [ {elements} ] }}\n')
    return directory


def python_request(suite, name, elements, has_batch):
    data = os.urandom(1 << 20) * (elements * 4 >> 20) if elements >= 1 << 18 else os.urandom(elements * 4)
    tensor = {"name": "INPUT0", "shape": [1, elements] if has_batch else [elements], "datatype": "FP32",
              "parameters": {"binary_data_size": len(data)}}
    head = json.dumps({"inputs": [tensor], "parameters": {"binary_data_output": True}}).encode()
    headers = {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": len(head)}
    return f"/v2/models/{name}/infer", headers, suite.file(f"{name}.bin", head + data)


def triton(suite, repository):
    """Triton's own server and Python backend, with the same interpreter's numpy."""
    libraries = next((suite.scratch / "models" / "lib").glob("python3*/site-packages"))
    found = suite.scratch / "triton" / "pytriton" / "tritonserver"
    backends = suite.scratch / "triton-backends"
    shutil.rmtree(backends, ignore_errors=True)
    shutil.copytree(found / "backends", backends)
    stub = found / "python_backend_stubs" / libraries.parent.name.removeprefix("python") / "triton_python_backend_stub"
    shutil.copy(stub, backends / "python")
    for file in (backends / "python" / stub.name, found / "bin" / "tritonserver"):
        file.chmod(0o755)
    # The stub looks for modules beside itself, and not where PYTHONPATH says.
    for part in libraries.glob("numpy*"):
        (backends / "python" / part.name).symlink_to(part)
    # They name them relative to where they lay.
    environment = {"LD_LIBRARY_PATH": str(found.parents[1] / "nvidia_pytriton.libs")}
    port, grpc_port = free_port(), free_port()
    command = [found / "bin" / "tritonserver", f"--backend-directory={backends}", f"--model-repository={repository}",
               f"--http-port={port}", f"--grpc-port={grpc_port}", "--http-address=127.0.0.1", "--grpc-address=127.0.0.1",
               "--allow-metrics=false"]
    return Server("triton", command, suite.logs, port, "/v2/health/ready", environment)

# SPDX-License-Identifier: Apache-2.0
"""Triton's Python models in a live server: what they may do works, and what they do wrong ends with them."""
import http.client
import json
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tritonclient.grpc as grpc_client
import tritonclient.http as http_client
from conftest import ADMIT_ALL, eventually
from python_models import ECHO, model_of, python_model, scripted

INTERPRETER = f"--backend-config=python,interpreter={sys.executable}"


@pytest.fixture
def repository(tmp_path):
    directory = tmp_path / "models"
    directory.mkdir()
    return directory


@pytest.fixture
def serve(repository, start_server):
    def start(*arguments, **options):
        return start_server(f"--model-repository={repository}", INTERPRETER, *arguments, **options)
    return start


def body(values, name="INPUT0", datatype="FP32", **more):
    array = np.asarray(values)
    return json.dumps({"inputs": [{"name": name, "datatype": datatype, "shape": list(array.shape), "data": array.tolist()}],
                       **more}).encode()


def infer(server, model, values, datatype="FP32", **more):
    status, answer, _ = server.post(f"/v2/models/{model}/infer", body(values, datatype=datatype, **more))
    return status, json.loads(answer)


def output(answer):
    status, content = answer
    assert status == 200, content
    return content["outputs"][0]["data"]


def is_ready(server, model):
    return server.get(f"/v2/models/{model}/ready")[0] == 200


def children(pid):
    """Of a process and of its children, in turn."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *children(int(child))]
    return found


def worker_pids(server, model=""):
    """Of the processes that run model code: the launcher waits outside for one of its own namespace."""
    def is_python(pid):
        try:
            if f"/models/{model}" not in Path(f"/proc/{pid}/mountinfo").read_text():
                return False
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            return not words[0].endswith(b"launcher") and any(word.endswith(b"/buckler_worker.py") for word in words)
        except OSError:
            return False
    return [pid for pid in children(server.process.pid) if is_python(pid)]


ADD_SUB = model_of("""
class TritonPythonModel:
    def initialize(self, args):
        self.config = json.loads(args["model_config"])
        assert args["model_name"] == "add_sub" and args["model_version"] == "1"
        assert args["model_instance_kind"] == "CPU" and args["model_instance_device_id"] == "0"
        assert os.path.exists(os.path.join(args["model_repository"], args["model_version"], "model.py"))
        self.type = pb_utils.triton_string_to_numpy(pb_utils.get_output_config_by_name(self.config, "OUTPUT0")["data_type"])

    def execute(self, requests):
        responses = []
        for request in requests:
            a = pb_utils.get_input_tensor_by_name(request, "INPUT0").as_numpy()
            b = pb_utils.get_input_tensor_by_name(request, "INPUT1").as_numpy()
            responses.append(pb_utils.InferenceResponse(output_tensors=[
                pb_utils.Tensor("OUTPUT0", (a + b).astype(self.type)), pb_utils.Tensor("OUTPUT1", (a - b).astype(self.type))]))
        return responses
""")


def add_sub(repository):
    directory = python_model(repository, "add_sub", ADD_SUB, config=False)
    (directory / "config.pbtxt").write_text("".join(
        f'{kind} {{ name: "{name}" data_type: TYPE_FP32 dims: [ 4 ] }}\n'
        for kind, name in (("input", "INPUT0"), ("input", "INPUT1"), ("output", "OUTPUT0"), ("output", "OUTPUT1"))
    ) + 'backend: "python"\n')


@pytest.mark.parametrize("client", [http_client, grpc_client])
def test_add_sub(repository, serve, client):
    add_sub(repository)
    server = serve()
    a, b = np.arange(4, dtype=np.float32), np.full(4, 0.5, dtype=np.float32)
    inputs = [client.InferInput("INPUT0", [4], "FP32"), client.InferInput("INPUT1", [4], "FP32")]
    inputs[0].set_data_from_numpy(a)
    inputs[1].set_data_from_numpy(b)
    with client.InferenceServerClient(server.url if client is http_client else server.grpc_url) as connection:
        for _ in range(20):
            result = connection.infer("add_sub", inputs)
            np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), a + b)
            np.testing.assert_array_equal(result.as_numpy("OUTPUT1"), a - b)
        only = connection.infer("add_sub", inputs, outputs=[client.InferRequestedOutput("OUTPUT1")])
        assert only.as_numpy("OUTPUT0") is None
        np.testing.assert_array_equal(only.as_numpy("OUTPUT1"), a - b)
        assert connection.get_model_metadata("add_sub")
    assert server.stop() == 0


def test_a_batch_reaches_one_execute(repository, serve):
    python_model(repository, "batching", model_of("""
class TritonPythonModel:
    def execute(self, requests):
        time.sleep(0.1)
        count = np.float32(len(requests))
        return [pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0",
                pb_utils.get_input_tensor_by_name(r, "INPUT0").as_numpy() * 0 + count)]) for r in requests]
"""), dims="2", batch=8, extra="dynamic_batching { max_queue_delay_microseconds: 50000 }")
    server = serve()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda i: output(infer(server, "batching", [[i, i]])), range(16)))
    assert max(answer[0] for answer in answers) > 1


def test_strings_and_every_size(repository, serve):
    python_model(repository, "strings", model_of(ECHO, head="import triton_python_backend_utils as pb_utils\n"),
                 dtype="TYPE_STRING")
    python_model(repository, "large", model_of(ECHO))
    server = serve()
    texts = ["", "a", "ü" * 100, "zero\0byte"]
    assert output(infer(server, "strings", texts, datatype="BYTES")) == texts
    with http_client.InferenceServerClient(server.url) as client:
        for count in [0, 1, 15, 16, 17, 1000, 300_000, 2_000_000, 5]:
            array = np.arange(count, dtype=np.float32)
            tensor = http_client.InferInput("INPUT0", [count], "FP32")
            tensor.set_data_from_numpy(array)
            np.testing.assert_array_equal(client.infer("large", [tensor]).as_numpy("OUTPUT0"), array)


def test_errors_of_execute_and_of_one_response(repository, serve):
    python_model(repository, "raises", scripted("""
        if x[0] == 1: raise ValueError("this cannot be done")
        if x[0] == 2: raise pb_utils.TritonModelException("nor this")
    """))
    python_model(repository, "refuses", model_of("""
class TritonPythonModel:
    def execute(self, requests):
        return [pb_utils.InferenceResponse(error=pb_utils.TritonError("not with me", pb_utils.TritonError.INVALID_ARG))
                for r in requests]
"""))
    server = serve()
    status, content = infer(server, "raises", [1])
    assert status == 500
    assert content["error"].startswith("Failed to process the request(s) for model 'raises_0_0', message: ValueError: this cannot")
    assert "nor this" in infer(server, "raises", [2])[1]["error"]
    assert output(infer(server, "raises", [3])) == [3]
    assert infer(server, "refuses", [1]) == (400, {"error": "not with me"})
    assert is_ready(server, "raises") and is_ready(server, "refuses")


def test_a_model_that_cannot_start_is_not_loaded(repository, serve):
    python_model(repository, "broken", model_of("""
class TritonPythonModel:
    def initialize(self, args):
        raise RuntimeError("the weights are missing")
    def execute(self, requests):
        return []
"""))
    python_model(repository, "exits", "import os\nos._exit(3)\n")
    python_model(repository, "echo", model_of(ECHO))
    server = serve("--model-control-mode=explicit", "--load-model=echo", "--exit-on-error=false")
    before = descriptors(server)
    for name, text in (("broken", "the weights are missing"), ("exits", "ended with status 3 before it was ready")):
        status, answer, _ = server.post(f"/v2/repository/models/{name}/load")
        assert status == 400 and text in json.loads(answer)["error"]
        assert not is_ready(server, name)
    assert output(infer(server, "echo", [1])) == [1]
    assert eventually(lambda: len(worker_pids(server)) == 1)
    assert eventually(lambda: descriptors(server) <= before)


def descriptors(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


DECOUPLED = model_of("""
class TritonPythonModel:
    def execute(self, requests):
        for request in requests:
            values = pb_utils.get_input_tensor_by_name(request, "INPUT0").as_numpy().copy()
            sender = request.get_response_sender()
            threading.Thread(target=self.answer, args=(sender, values)).start()

    def answer(self, sender, values):
        for value in values:
            if value < 0:
                time.sleep(-float(value))
            if sender.is_cancelled():
                break
            sender.send(pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", np.array([value], np.float32))]))
        sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
""")


def decoupled(repository):
    python_model(repository, "decoupled", DECOUPLED, extra="model_transaction_policy { decoupled: true }")


def stream(server, values, model="decoupled"):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("POST", f"/v2/models/{model}/generate_stream", json.dumps({"INPUT0": values}))
    return connection, connection.getresponse()


def events(response):
    return [json.loads(part.removeprefix("data: ")) for part in response.read().decode().split("\n\n") if part]


def test_decoupled_over_both_protocols(repository, serve):
    decoupled(repository)
    server = serve()
    for values in ([], [1], [3, 1, 2]):
        connection, response = stream(server, values)
        assert response.status == 200
        assert [event["OUTPUT0"] for event in events(response)] == values
        connection.close()

    got, finished = [], threading.Event()

    def answered(result, error):
        assert error is None
        if result.get_response().parameters["triton_final_response"].bool_param:
            finished.set()
        else:
            got.append(result.as_numpy("OUTPUT0")[0])

    tensor = grpc_client.InferInput("INPUT0", [100], "FP32")
    tensor.set_data_from_numpy(np.arange(100, dtype=np.float32))
    with grpc_client.InferenceServerClient(server.grpc_url) as client:
        client.start_stream(answered)
        client.async_stream_infer("decoupled", [tensor], enable_empty_final_response=True)
        assert finished.wait(10)
        client.stop_stream()
    assert got == list(range(100))


def test_a_cancelled_request_is_told(repository, serve):
    python_model(repository, "patient", model_of("""
class TritonPythonModel:
    def execute(self, requests):
        for request in requests:
            sender = request.get_response_sender()
            sender.send(pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", np.zeros(1, np.float32))]))
            for _ in range(1000):
                if sender.is_cancelled():
                    print("it was cancelled")
                    break
                time.sleep(0.01)
            sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
"""), extra="model_transaction_policy { decoupled: true }")
    server = serve()
    connection, response = stream(server, [1], model="patient")
    assert b"OUTPUT0" in response.readline()
    response.close()
    connection.close()
    assert eventually(lambda: "it was cancelled" in server.log.read_text(), seconds=5)


def test_a_model_that_kills_itself_takes_only_its_own_requests(repository, serve):
    python_model(repository, "mortal", scripted("""
        if x[0] == 1: time.sleep(60)
        if x[0] == 2: os._exit(7)
        if x[0] == 3: __import__("ctypes").string_at(0)
    """))
    python_model(repository, "echo", model_of(ECHO))
    server = serve()
    assert output(infer(server, "mortal", [0])) == [0]
    for how in (1, 2, 3):
        if how == 1:
            # The kernel keeps the first process of a namespace from killing itself.
            threading.Timer(0.5, lambda: [os.kill(pid, signal.SIGKILL) for pid in worker_pids(server, "mortal")]).start()
        status, content = infer(server, "mortal", [how])
        assert (status, content) == (500, {"error": "Stub process 'mortal_0_0' is not healthy."})
        assert output(infer(server, "echo", [5])) == [5]
        if infer(server, "mortal", [0])[0] != 200:
            assert not is_ready(server, "mortal") or eventually(lambda: infer(server, "mortal", [0])[0] == 200)
        assert eventually(lambda: is_ready(server, "mortal"))
        assert output(infer(server, "mortal", [0])) == [0]
    log = server.log.read_text()
    assert "failed with 1 requests in flight: was ended by signal" in log
    assert "ended with status 7" in log and "was ended by signal 11" in log


def test_while_it_is_down_requests_are_refused_and_readiness_tells(repository, serve):
    python_model(repository, "slow_start", model_of("""
class TritonPythonModel:
    def initialize(self, args):
        if os.path.exists(os.path.join(args["model_repository"], "slow")): time.sleep(1)
    def execute(self, requests):
        os._exit(1)
"""))
    server = serve()
    (repository / "slow_start" / "slow").write_text("")
    assert is_ready(server, "slow_start")
    assert infer(server, "slow_start", [1])[0] == 500
    assert not is_ready(server, "slow_start")
    assert server.get("/v2/health/ready")[0] != 200
    began = time.monotonic()
    assert infer(server, "slow_start", [1]) == (503, {"error": "Stub process 'slow_start_0_0' is not healthy."})
    assert time.monotonic() - began < 0.5
    assert eventually(lambda: is_ready(server, "slow_start"))


def test_a_model_that_hangs_is_ended(repository, serve):
    python_model(repository, "hangs", scripted("if x[0] == 1: time.sleep(1000)"))
    server = serve("--request-deadline-secs=1")
    began = time.monotonic()
    status, content = infer(server, "hangs", [1])
    assert status in (500, 504), content
    assert time.monotonic() - began < 5
    assert eventually(lambda: "a request has taken longer than 1 s" in server.log.read_text(), seconds=5)
    assert eventually(lambda: infer(server, "hangs", [2])[0] == 200)


def test_ten_crashes_leave_nothing_behind(repository, serve):
    python_model(repository, "mortal", scripted("if x[0] == 1: os._exit(1)"))
    server = serve()
    output(infer(server, "mortal", [0]))
    before, directories = descriptors(server), len(list(Path("/tmp").glob("buckler-worker-*")))
    for _ in range(10):
        assert infer(server, "mortal", [1])[0] == 500
        assert eventually(lambda: infer(server, "mortal", [0])[0] == 200, seconds=40)
        # So that it counts as one that lasted, and the pause stays short.
        time.sleep(1)
    assert eventually(lambda: descriptors(server) <= before), (before, descriptors(server))
    assert len(worker_pids(server)) == 1
    assert len(list(Path("/tmp").glob("buckler-worker-*"))) == directories


def test_what_it_prints_goes_to_the_log_within_bounds(repository, serve):
    python_model(repository, "talks", scripted("""
        print("said to standard output"); print("said to standard error", file=sys.stderr)
        pb_utils.Logger.log_warn("said to the logger")
        print("x" * 100000)
        for i in range(int(x[0])): print("again", i)
    """))
    server = serve()
    assert output(infer(server, "talks", [200_000])) == [200_000]
    log = server.log.read_text()
    for text in ("said to standard output", "said to standard error", "said to the logger"):
        assert f"model 'talks' (talks_0_0): {text}" in log
    assert eventually(lambda: "lines were left out" in server.log.read_text() or not infer(server, "talks", [0]))
    assert len(server.log.read_text()) < 200_000


def test_it_cannot_reach_the_host(repository, serve):
    python_model(repository, "curious", model_of("""
def attempt(what):
    try:
        what()
        return "done"
    except Exception as error:
        return type(error).__name__

class TritonPythonModel:
    def execute(self, requests):
        found = {
            "shadow": attempt(lambda: open("/etc/shadow").read()),
            "connect": attempt(lambda: socket.create_connection(("127.0.0.1", PORT), 2)),
            "write": attempt(lambda: open(__file__, "a")),
            "other": attempt(lambda: open(OTHER).read()),
            "shell": attempt(lambda: os.system("true") == 0 or 1 / 0),
            "parent": attempt(lambda: os.kill(SERVER, 9)),
            "environment": sorted(os.environ),
            "directory": pb_utils.get_model_dir(),
        }
        return [pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", np.array([json.dumps(found).encode()], object))])
                for r in requests]
"""), dtype="TYPE_STRING")
    python_model(repository, "other", model_of(ECHO))
    server = serve("--model-control-mode=explicit", "--load-model=other", ADMIT_ALL, env={"SECRET": "s"})
    model = repository / "curious/1/model.py"
    model.write_text(model.read_text().replace("PORT", str(server.port)).replace("SERVER", str(server.process.pid))
                     .replace("OTHER", repr(str(repository / "other/1/model.py"))))
    assert server.post("/v2/repository/models/curious/load")[0] == 200
    found = json.loads(output(infer(server, "curious", [""], datatype="BYTES"))[0])
    assert found.pop("environment").count("SECRET") == 0
    assert found.pop("directory").endswith("curious/1")
    assert all(value.endswith("Error") for value in found.values()), found
    assert is_ready(server, "other")


def test_auto_complete(repository, serve):
    python_model(repository, "completes", model_of("""
class TritonPythonModel:
    @staticmethod
    def auto_complete_config(config):
        config.add_input({"name": "INPUT0", "data_type": "TYPE_FP32", "dims": [3]})
        config.add_output({"name": "OUTPUT0", "data_type": "TYPE_FP32", "dims": [3]})
        config.set_max_batch_size(4)
        config.set_dynamic_batching()
        return config
""" + ECHO.split("class TritonPythonModel:")[1]), config=False)
    server = serve()
    config = json.loads(server.get("/v2/models/completes/config")[1])
    assert config["max_batch_size"] == 4 and config["backend"] == "python" and "dynamic_batching" in config
    assert [(tensor["name"], tensor["dims"]) for tensor in config["input"]] == [("INPUT0", [3])]
    assert output(infer(server, "completes", [[1, 2, 3]])) == [1, 2, 3]
    assert len(worker_pids(server)) == 1


def test_instances_are_processes(repository, serve):
    python_model(repository, "which", scripted("y = x * 0 + (time.sleep(0.05) or np.float32(INSTANCE))").replace(
        "class TritonPythonModel:", """class TritonPythonModel:
    def initialize(self, args):
        global INSTANCE
        INSTANCE = int(args["model_instance_name"].split("_")[-1])
"""), extra="instance_group { kind: KIND_CPU count: 3 }")
    server = serve()
    assert len(worker_pids(server)) == 3
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: output(infer(server, "which", [0]))[0], range(24)))
    assert set(answers) == {0, 1, 2}


def test_nothing_outlives_the_server(repository, serve):
    python_model(repository, "echo", model_of(ECHO))
    server = serve()
    workers = children(server.process.pid)
    assert workers
    server.process.kill()
    server.process.wait()
    assert eventually(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in workers))


def test_inputs_that_are_kept_are_not_overwritten(repository, serve):
    python_model(repository, "keeps", model_of("""
class TritonPythonModel:
    def initialize(self, args):
        self.kept = []
    def execute(self, requests):
        responses = []
        for r in requests:
            x = pb_utils.get_input_tensor_by_name(r, "INPUT0").as_numpy()
            self.kept.append((x, x.copy()))
            same = all((view == copy).all() for view, copy in self.kept)
            responses.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", np.array([same], np.float32))]))
            self.kept = self.kept[-50:]
        return responses
"""))
    server = serve()
    for i in range(200):
        assert output(infer(server, "keeps", [i] * 100)) == [1]


@pytest.mark.parametrize("config, text", [
    ('parameters { key: "EXECUTION_ENV_PATH" value { string_value: "env.tar.gz" } }', "EXECUTION_ENV_PATH of model 'wants' is no absolute path"),
    ('parameters { key: "EXECUTION_ENV_PATH" value { string_value: "/usr" } }', "beneath --python-env-root"),
    ("instance_group { kind: KIND_GPU }", "server does not support GPUs"),
])
def test_what_is_not_there_is_refused_by_name(repository, serve, config, text):
    python_model(repository, "wants", model_of(ECHO), extra=config)
    server = serve("--model-control-mode=explicit")
    status, answer, _ = server.post("/v2/repository/models/wants/load")
    assert status == 400 and text in json.loads(answer)["error"]


def test_files_of_a_load_request_are_refused(repository, serve):
    server = serve("--model-control-mode=explicit")
    config = {"backend": "python", "input": [{"name": "INPUT0", "data_type": "TYPE_FP32", "dims": [1]}],
              "output": [{"name": "OUTPUT0", "data_type": "TYPE_FP32", "dims": [1]}]}
    status, answer, _ = server.post("/v2/repository/models/made_up/load", json.dumps(
        {"parameters": {"config": json.dumps(config), "file:1/model.py": "cHJpbnQoKQ=="}}).encode())
    assert status in (400, 501)
    assert "not supported for Python models" in json.loads(answer)["error"]


@pytest.mark.parametrize("interpreter, text", [
    ("python3", "must be an absolute path"),
    ("/nowhere/python3", "is not there or cannot be executed"),
    ("/bin/true", "does not run: it is not Python"),
])
def test_an_interpreter_that_is_none(repository, start_server, interpreter, text):
    python_model(repository, "echo", model_of(ECHO))
    server = start_server(f"--model-repository={repository}", f"--backend-config=python,interpreter={interpreter}",
                          "--model-control-mode=explicit")
    status, answer, _ = server.post("/v2/repository/models/echo/load")
    assert status == 400 and text in json.loads(answer)["error"]

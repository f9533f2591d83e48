# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime in sandboxed workers: the same answers as in the server's process, and what ends a worker ends it alone."""
import base64
import http.client
import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tritonclient.grpc as grpc_client
import tritonclient.http as http_client
from conftest import ADMIT_ALL, BUCKLER, ROOT, TYPES, Server
from hosted_models import MODELS, children, descriptors, onnx_model, workers
from tensors import sample


@pytest.fixture
def repository(tmp_path):
    directory = tmp_path / "models"
    directory.mkdir()
    return directory


@pytest.fixture
def serve(repository, start_server):
    def start(*arguments, placement="worker", **options):
        return start_server(f"--model-repository={repository}", f"--placement={placement}", *arguments, **options)
    return start


def infer(server, model, values, datatype="FP32", **more):
    array = np.asarray(values)
    body = {"inputs": [{"name": "INPUT0", "datatype": datatype, "shape": list(array.shape), "data": array.tolist()}], **more}
    status, answer, _ = server.post(f"/v2/models/{model}/infer", json.dumps(body).encode())
    return status, json.loads(answer)


def output(answer):
    status, content = answer
    assert status == 200, content
    return content["outputs"][0]["data"]


def eventually(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def is_ready(server, model):
    return server.get(f"/v2/models/{model}/ready")[0] == 200


def kill(server, pid):
    """Returns when it is gone; a request that comes before that may be lost with it."""
    os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: pid not in workers(server))


def load(server, model, **parameters):
    body = json.dumps({"parameters": parameters}).encode() if parameters else b""
    status, answer, _ = server.post(f"/v2/repository/models/{model}/load", body)
    return status, answer.decode()


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The same models twice in one server, in its process and in workers."""
    base = tmp_path_factory.mktemp("both")
    models = base / "models"
    arguments = []
    for place in ("process", "worker"):
        shutil.copytree(ROOT / "Examples/models/digits", models / f"digits_{place}")
        config = models / f"digits_{place}/config.pbtxt"
        if config.exists():
            config.write_text("\n".join(line for line in config.read_text().splitlines() if not line.startswith("name:")))
        arguments.append(f"--placement={place}:digits_{place}")
        for name, _, wire in TYPES:
            onnx_model(models, f"{name}_{place}", f"identity_{wire.lower()}.onnx")
            arguments.append(f"--placement={place}:{name}_{place}")
    server = Server(f"--model-repository={models}", *arguments, log=base / "server.log")
    server.wait_ready(60)
    yield server
    assert server.stop() == 0, server.log.read_text()


@pytest.mark.parametrize("client", [http_client, grpc_client])
def test_predictions_are_the_same_in_both_placements(both, client):
    digits = np.loadtxt(ROOT / "Examples/digits.csv", delimiter=",", dtype=np.float32)[:64, 1:]
    tensor = client.InferInput("image", digits.shape, "FP32")
    tensor.set_data_from_numpy(digits)
    with client.InferenceServerClient(both.url if client is http_client else both.grpc_url) as connection:
        here, there = (connection.infer(f"digits_{place}", [tensor]) for place in ("process", "worker"))
        np.testing.assert_array_equal(here.as_numpy("probabilities"), there.as_numpy("probabilities"))
        assert there.as_numpy("probabilities").shape == (len(digits), 10)
    config = [json.loads(both.get(f"/v2/models/digits_{place}/config")[1]) for place in ("process", "worker")]
    for one in config:
        one.pop("name")
        one["instance_group"][0].pop("name")
    assert config[0] == config[1]


@pytest.mark.parametrize("client", [http_client, grpc_client])
@pytest.mark.parametrize("name, wire", [(name, wire) for name, _, wire in TYPES])
def test_every_type_comes_back(both, client, name, wire):
    with client.InferenceServerClient(both.url if client is http_client else both.grpc_url) as connection:
        for shape in [(1, 1), (3, 7), (1, 0), (2, 5000)]:
            values = sample(name, shape)
            tensor = client.InferInput("INPUT0", shape, wire)
            tensor.set_data_from_numpy(values)
            for place in ("process", "worker"):
                np.testing.assert_array_equal(connection.infer(f"{name}_{place}", [tensor]).as_numpy("OUTPUT0"), values)


def test_nothing_of_the_model_changes_where_it_runs(repository, serve):
    extra = "\n".join(f'parameters {{ key: "{key}" value {{ string_value: "process" }} }}'
                      for key in ("placement", "PLACEMENT", "sandbox"))
    onnx_model(repository, "asks", "identity_fp32.onnx", extra=extra)
    server = serve("--model-control-mode=explicit")
    config = {"backend": "onnxruntime", "parameters": {"placement": {"string_value": "process"}}}
    for parameters in ({}, {"config": json.dumps(config)}):
        assert load(server, "asks", **parameters)[0] == 200
        assert output(infer(server, "asks", [[1]])) == [1]
        assert workers(server)
        assert "libonnxruntime" not in Path(f"/proc/{server.process.pid}/maps").read_text()


def test_a_model_may_be_placed_by_its_name(repository, serve):
    onnx_model(repository, "inside", "identity_fp32.onnx")
    onnx_model(repository, "outside", "identity_fp32.onnx")
    server = serve("--placement=process:inside")
    assert len(workers(server)) == 1
    assert "libonnxruntime" in Path(f"/proc/{server.process.pid}/maps").read_text()
    kill(server, workers(server)[0])
    assert output(infer(server, "inside", [[1]])) == [1]
    assert eventually(lambda: output(infer(server, "outside", [[1]])) == [1])


@pytest.mark.parametrize("value", ["", "sandbox", "worker:", "Worker:x"])
def test_a_placement_that_is_none(repository, start_server, value):
    server = start_server(f"--model-repository={repository}", f"--placement={value}", ready=False)
    assert server.process.wait(20) != 0
    assert "placement must be of the form <process|worker>[:<model>]" in server.log.read_text()


def test_a_model_is_checked_in_a_worker(repository):
    good, bad = onnx_model(repository, "good", "identity_fp32.onnx"), onnx_model(repository, "bad", "sequence.onnx")
    checks = [subprocess.run([BUCKLER, "check", "--placement=worker", model], capture_output=True, text=True, timeout=60)
              for model in (good, bad)]
    assert checks[0].returncode == 0, checks[0]
    assert checks[1].returncode == 1 and "Unsupported ONNX Type" in checks[1].stdout


def test_instances_are_processes_and_each_is_another_user(repository, serve):
    onnx_model(repository, "pair", "identity_fp32.onnx", instances=2)
    server = serve()
    found = workers(server)
    assert len(found) == 2
    status = [dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
              for pid in found]
    for one in status:
        assert one["Seccomp"] == "2" and one["NoNewPrivs"] == "1" and int(one["CapEff"], 16) == 0
    if os.geteuid() == 0:
        assert len({one["Uid"].split()[0] for one in status} - {"0"}) == 2


def test_a_worker_sees_no_file_of_the_repository(repository, serve):
    onnx_model(repository, "lonely", "identity_fp32.onnx")
    server = serve()
    [pid] = workers(server)
    if os.readlink(f"/proc/{pid}/ns/mnt") == os.readlink("/proc/self/ns/mnt"):
        pytest.skip("not proven here: no mount namespace")
    mounts = Path(f"/proc/{pid}/mountinfo").read_text()
    assert str(repository) not in mounts and "/models" not in mounts
    assert str(repository) not in Path(f"/proc/{pid}/maps").read_text()


def test_a_killed_worker_takes_only_its_own_requests(repository, serve):
    onnx_model(repository, "spin", "spin.onnx", extra="max_batch_size: 0")
    onnx_model(repository, "echo", "identity_fp32.onnx")
    server = serve()
    before = workers(server)
    with ThreadPoolExecutor(1) as pool:
        spinning = pool.submit(infer, server, "spin", [1 << 60], "INT64")

        def busy():
            return [pid for pid in before if int(Path(f"/proc/{pid}/stat").read_text().split()[13]) > 20]

        assert eventually(lambda: len(busy()) == 1)
        os.kill(busy()[0], signal.SIGKILL)
        assert spinning.result() == (500, {"error": "Worker process 'spin_0_0' is not healthy."})
    assert output(infer(server, "echo", [[5]])) == [5]
    assert eventually(lambda: is_ready(server, "spin"))
    assert output(infer(server, "spin", [3], "INT64")) == [3]
    log = server.log.read_text()
    assert "its worker failed with 1 requests in flight: was ended by signal 9" in log and "; in hand: 1 of (" in log
    page = server.get("/metrics", port=server.metrics_port)[1].decode()
    assert 'buckler_worker_failures_total{model="spin",reason="ended",version="1"} 1\n' in page
    assert 'buckler_worker_failures_total{model="echo",reason="ended",version="1"} 0\n' in page
    assert len(set(before) & set(workers(server))) == 1


def test_a_request_waits_for_a_worker_that_is_started_again(repository, serve):
    onnx_model(repository, "echo", "identity_fp32.onnx")
    server = serve()
    for value in range(10):
        [pid] = workers(server)
        kill(server, pid)
        began = time.monotonic()
        assert output(infer(server, "echo", [[value]])) == [value]
        assert time.monotonic() - began < 2
        assert eventually(lambda: len(workers(server)) == 1)


def test_a_model_that_hangs_is_ended(repository, serve):
    onnx_model(repository, "spin", "spin.onnx", extra="max_batch_size: 0")
    server = serve("--request-deadline-secs=1")
    before = workers(server)
    began = time.monotonic()
    status, content = infer(server, "spin", [1 << 60], "INT64")
    assert status in (500, 504), content
    assert time.monotonic() - began < 5
    assert eventually(lambda: "a request has taken longer than 1 s" in server.log.read_text(), seconds=5)
    assert output(infer(server, "spin", [2], "INT64")) == [2]
    assert not set(before) & set(workers(server))


def test_a_worker_that_is_stopped_is_ended_at_the_deadline(repository, serve):
    onnx_model(repository, "echo", "identity_fp32.onnx")
    server = serve("--request-deadline-secs=1")
    [pid] = workers(server)
    os.kill(pid, signal.SIGSTOP)
    assert infer(server, "echo", [[1]])[0] in (500, 504)
    assert eventually(lambda: infer(server, "echo", [[1]])[0] == 200)
    assert workers(server) != [pid]


def test_limits_of_workers_are_settings(repository, serve):
    onnx_model(repository, "spin", "spin.onnx", extra="max_batch_size: 0")
    onnx_model(repository, "echo", "identity_fp32.onnx")
    config = "--backend-config=onnxruntime,"
    server = serve(config + "execution-timeout-seconds=2", config + f"memory-limit-bytes={1 << 31}",
                   config + "restart-patience-milliseconds=0", config + "start-timeout-seconds=20")
    for pid in workers(server):
        limits = Path(f"/proc/{pid}/limits").read_text().splitlines()
        assert next(line for line in limits if "address space" in line).split()[3] == str(1 << 31)
    assert infer(server, "spin", [1 << 60], "INT64")[0] == 500
    assert "a request has taken longer than 2 s" in server.log.read_text()


def test_nothing_outlives_the_server(repository, serve):
    onnx_model(repository, "pair", "identity_fp32.onnx", instances=2)
    server = serve()
    started = children(server.process.pid)
    assert len(workers(server)) == 2
    server.process.kill()
    server.process.wait()
    assert eventually(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in started))


def test_unloading_ends_the_workers(repository, serve):
    onnx_model(repository, "pair", "identity_fp32.onnx", instances=2)
    server = serve("--model-control-mode=explicit", "--load-model=pair")
    before = descriptors(server)
    assert len(workers(server)) == 2
    for _ in range(3):
        assert server.post("/v2/repository/models/pair/unload")[0] == 200
        assert eventually(lambda: not workers(server))
        assert load(server, "pair")[0] == 200
        assert output(infer(server, "pair", [[1]])) == [1]
    assert eventually(lambda: descriptors(server) <= before), (before, descriptors(server))
    assert server.stop() == 0
    assert "instead of finishing" not in server.log.read_text()


@pytest.mark.parametrize("file, text", [
    ("external/attack_parent.onnx", "external data"),
    ("external/attack_absolute.onnx", "external data"),
    ("external/attack_address.onnx", "external data"),
    ("sequence.onnx", "Unsupported ONNX Type"),
    (None, ""),
])
def test_a_hostile_model_is_an_ordinary_error(repository, serve, file, text):
    onnx_model(repository, "echo", "identity_fp32.onnx")
    onnx_model(repository, "hostile", file or "mlp.onnx")
    if file is None:
        (repository / "hostile/1/model.onnx").write_bytes(os.urandom(10_000))
    server = serve("--model-control-mode=explicit", "--load-model=echo", "--exit-on-error=false", ADMIT_ALL)
    before = descriptors(server)
    for _ in range(3):
        status, answer = load(server, "hostile")
        assert status == 400 and text in answer, answer
        assert not is_ready(server, "hostile")
    assert output(infer(server, "echo", [[1]])) == [1]
    assert eventually(lambda: len(workers(server)) == 1)
    assert eventually(lambda: descriptors(server) <= before), (before, descriptors(server))


def test_external_data_and_links_are_followed_as_in_process(repository, serve):
    directory = onnx_model(repository, "flat", "external/flat.onnx")
    (repository / "shared").mkdir()
    shutil.copy(MODELS / "external/data/w.bin", repository / "shared/w.bin")
    (directory / "1/data").mkdir()
    (directory / "1/data/w.bin").symlink_to("../../../shared/w.bin")
    (directory / "1/model.onnx").chmod(0o600)
    server = serve("--model-control-mode=explicit", "--load-model=flat")
    assert output(infer(server, "flat", [list(range(256))])) == [2 * i for i in range(256)]


def test_files_of_a_load_request(repository, serve):
    server = serve("--model-control-mode=explicit")
    content = base64.b64encode((MODELS / "identity_fp32.onnx").read_bytes()).decode()
    parameters = {"config": json.dumps({"backend": "onnxruntime"}), "file:1/model.onnx": content}
    assert load(server, "made_up", **parameters) == (200, "")
    assert output(infer(server, "made_up", [[1, 2]])) == [1, 2]
    kill(server, workers(server)[0])
    assert output(infer(server, "made_up", [[3, 4]])) == [3, 4]


def test_a_worker_that_is_started_again_reads_what_the_first_one_read(repository, serve):
    directory = onnx_model(repository, "echo", "identity_fp32.onnx")
    server = serve()
    (directory / "1/model.onnx").write_bytes(b"something else by now")
    kill(server, workers(server)[0])
    assert output(infer(server, "echo", [[7]])) == [7]


@pytest.mark.parametrize("bits", [32, 64])
def test_the_smallest_integer_divided_by_minus_one(repository, serve, bits):
    onnx_model(repository, "divide", f"divide_int{bits}.onnx")
    server = serve()
    before = workers(server)
    smallest = -(1 << (bits - 1))
    body = {"inputs": [{"name": name, "datatype": f"INT{bits}", "shape": [1, 2], "data": data}
                       for name, data in (("INPUT0", [smallest, 9]), ("INPUT1", [-1, 2]))]}
    status, answer, _ = server.post("/v2/models/divide/infer", json.dumps(body).encode())
    assert status == 200
    outputs = {one["name"]: one["data"] for one in json.loads(answer)["outputs"]}
    assert outputs == {"OUTPUT0": [smallest, 4], "OUTPUT1": [0, 1]}
    assert workers(server) == before


def killing(server, stop, period):
    """Kills one worker after the other."""
    count = 0
    while not stop.wait(period):
        found = sorted(workers(server))
        if found:
            os.kill(found[count % len(found)], signal.SIGKILL)
            count += 1
    return count


def test_load_while_workers_are_killed(repository, serve):
    """The issue's 10,000 requests with BUCKLER_KILL_REQUESTS=10000."""
    onnx_model(repository, "pair", "identity_fp32.onnx", instances=2)
    server = serve()
    total, threads = int(os.environ.get("BUCKLER_KILL_REQUESTS", "3000")), 8
    before, stop = descriptors(server), threading.Event()

    def ask(first):
        connection, answers = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30), Counter()
        for number in range(first, total, threads):
            body = json.dumps({"inputs": [{"name": "INPUT0", "datatype": "FP32", "shape": [1, 2], "data": [number, first]}]})
            connection.request("POST", "/v2/models/pair/infer", body)
            response = connection.getresponse()
            content = json.loads(response.read())
            if response.status == 200:
                assert content["outputs"][0]["data"] == [number, first]
            else:
                assert "is not healthy" in content["error"], content
            answers[response.status] += 1
            # So that the kills spread over the requests, however fast the machine is.
            time.sleep(0.004)
        return answers

    with ThreadPoolExecutor(threads + 1) as pool:
        killer = pool.submit(killing, server, stop, 0.2)
        answers = sum(pool.map(ask, range(threads)), Counter())
        stop.set()
        kills = killer.result()
    print(f"{dict(answers)} under {kills} kills")
    assert answers.total() == total
    assert kills >= 5
    assert answers[200] >= 0.95 * total, (answers, kills)
    assert eventually(lambda: len(workers(server)) == 2)
    assert eventually(lambda: is_ready(server, "pair"))
    assert eventually(lambda: descriptors(server) <= before), (before, descriptors(server))
    assert len(children(server.process.pid)) <= 4

# SPDX-License-Identifier: Apache-2.0
"""What a Python model that is out to harm does to its server: through the channel, by crowds, by dying all the time."""
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import ADMIT_ALL, eventually
from python_models import ECHO, model_of, python_model, scripted
from sandbox import OUTER_FILTER, PYTHON
from test_python_models import (INTERPRETER, children, descriptors, infer, is_ready, output,  # noqa: F401
                                repository, serve, worker_pids)

HOSTILE = """
import array, os, socket, struct
def head(kind, subject, body=b"", length=None, version=1):
    return struct.pack("<HHIQ", kind, version, 16 + len(body) if length is None else length, subject) + body
def response(request, flags=1, outputs=b"", count=0, parameters=b"", text=b"", code=0):
    pad = lambda data: data + bytes(-len(data) % 8)
    rest = outputs + pad(parameters) + pad(text)
    return struct.pack("<QIIIIII", request, flags, count, len(parameters), len(text), code, 32 + len(rest)) + rest
def place(area, offset, size, shape=None, type=6):
    shape = (size,) if shape is None else shape
    return struct.pack("<IIIIQQ", type, len(shape), 3, area, offset, size) + struct.pack(f"<{len(shape)}q", *shape) + b"OUT" + bytes(5)
def say(data):
    os.write(20, data)
def answer(request, *places, **more):
    say(head(7, 0, response(request, outputs=b"".join(places), count=len(places), **more)))
def call(number, *inputs, origin=1, model=b"nobody", flags=0):
    body = struct.pack("<QqQQIIIIIIII", origin, -1, 0, 0, flags, len(inputs), 0, len(model), 0, 0, 0, 0)
    say(head(19, number, body + b"".join(inputs) + model + bytes(-len(model) % 8)))
"""

# What the model does while request number 1, the only one it has, is open; and what the log says of it.
ATTACKS = {
    "garbage": ("say(b'garbage')", "a message has 7 bytes"),
    "noise": ("say(os.urandom(4000))", "a message of"),
    "a longer message than allowed": ("say(head(13, 1, b'x' * 65600))", "a message has"),
    "a length that is a lie": ("say(head(8, 1, bytes(8), length=4000))", "says that it has 4000"),
    "a message of the server": ("say(head(14, 0))", "which only the server sends"),
    "hello again": ("say(head(1, 1, struct.pack('<II', 1, 0)))", "no place while it serves"),
    "an answer to a request of nobody": ("answer(1 << 40, parameters=b'')", "which is not open"),
    "an answer twice": ("answer(1); answer(1)", "which is not open"),
    "two answers where one is due": ("answer(1, flags=0)", "not its last"),
    "bytes outside of the lease": ("answer(1, place(0, 1 << 19, 4096))", "outside of every lease"),
    "bytes outside of the area": ("answer(1, place(0, 1 << 40, 4096))", "outside of every lease"),
    "bytes of an area that is not": ("answer(1, place(15, 0, 4096))", "outside of every lease"),
    "an end beyond all numbers": ("answer(1, place(0, 2**64 - 64, 4096))", "outside of every lease"),
    "two gigabytes": ("answer(1, place(0, 0, 2 << 30))", "outside of every lease"),
    "a shape that overflows": ("answer(1, place(0, 0, 64, shape=(2**62, 2**62)))", "has shape"),
    "a shape that is another": ("answer(1, place(0, 0, 64, shape=(65,)))", "has 64 bytes"),
    "a name that is no text": ("answer(1, place(0, 0, 64).replace(b'OUT', b'\\xff\\xfe!'))", "is no UTF-8"),
    "done for what does not run": ("say(head(8, 77, bytes(8)))", "which is not the one that runs"),
    "a hundred leases": ("[say(head(9, i, struct.pack('<Q', 64))) for i in range(100)]", "more than 64 leases"),
    "a lease that was not asked for": ("say(head(11, 0, struct.pack('<IIQ', 0, 0, 0)))", "not asked for"),
    "inputs of nobody": ("say(head(18, 1))", "of which none are kept"),
    "parameters that are none": ("answer(1, parameters=b'[1]')", "JSON"),
    "a call with inputs of nobody": ("call(1 << 40, place(0, 1 << 19, 4096))", "outside of every lease"),
    "a call with inputs beyond all numbers": ("call(1 << 40, place(0, 2**64 - 64, 4096))", "outside of every lease"),
    "a call made twice": ("call(1 << 40); call(1 << 40)", "is not over and made again"),
    "calls whose answers it does not read": ("[call(1 << 40 | i) for i in range(5000)]", "does not read its messages"),
    "an answer taken that was not given": ("say(head(21, 1 << 40))", "is taken that was not given"),
    "a call with flags that are none": ("call(1 << 40, flags=16)", "has flags 16"),
    "a question of no kind": ("say(head(23, 1, struct.pack('<IIqII', 9, 0, -1, 0, 0)))", "a question of kind 9"),
    "a load with files of nobody": ("say(head(23, 1, struct.pack('<IIqIIIIQQ', 2, 0, -1, 1, 0, 0, 0, 1 << 19, 9)))",
                                    "outside of every lease"),
    "a measurement of nothing": ("say(head(27, 77, struct.pack('<IId', 1, 0, 1.0)))", "there is no metric 77"),
    "a readiness that was not asked for": ("say(head(16, 3, struct.pack('<II', 1, 0)))", "which was not asked"),
    "a closed channel": ("os.close(20)", "failed with 1 requests in flight"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_breaks_the_protocol_ends_the_worker_alone(repository, serve, attack):
    code, text = ATTACKS[attack]
    python_model(repository, "hostile", HOSTILE + scripted(f"if x[0] == 1:\n    {code}\n    time.sleep(5)"))
    python_model(repository, "echo", model_of(ECHO))
    server = serve()
    status, content = infer(server, "hostile", [1])
    log = server.log.read_text()
    assert status in (200, 500)
    # Where it answers first, that is an answer; the rest still ends it.
    assert status == 200 or content == {"error": "Stub process 'hostile_0_0' is not healthy."}
    assert eventually(lambda: text in server.log.read_text(), seconds=4), server.log.read_text()
    assert output(infer(server, "echo", [5])) == [5]
    assert eventually(lambda: infer(server, "hostile", [0])[0] == 200), log
    assert server.process.poll() is None


def test_descriptors_that_it_sends_are_dropped(repository, serve):
    python_model(repository, "hostile", HOSTILE + scripted("""
        channel = socket.socket(fileno=os.dup(20))
        for _ in range(50):
            channel.sendmsg([head(13, 0, b"hello")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])
    """))
    server = serve()
    output(infer(server, "hostile", [0]))
    before = descriptors(server)
    output(infer(server, "hostile", [0]))
    # Of 150 that were sent; a connection more or less is no leak.
    assert descriptors(server) <= before + 3


@pytest.mark.parametrize("code, how", [
    ("a = []\nwhile True: a.append(np.empty(1 << 26, np.uint8))", "MemoryError"),
    ("while True: os.open('/tmp', 0)", "Too many open files"),
    ("os.fork()", "Error"),
    ("with open(os.path.join(os.environ['TMPDIR'], 'full'), 'wb') as f:\n    while True: f.write(bytes(1 << 20))", "Error"),
])
def test_what_takes_too_much_is_told_so(repository, serve, code, how):
    python_model(repository, "greedy", scripted("if x[0] == 1:\n    " + code.replace("\n", "\n    ")))
    python_model(repository, "echo", model_of(ECHO))
    server = serve("--backend-config=python,memory-limit-bytes=2147483648", ADMIT_ALL)
    status, content = infer(server, "greedy", [1])
    assert status == 500 and (how in content["error"] or "not healthy" in content["error"]), content
    assert output(infer(server, "echo", [5])) == [5]
    assert eventually(lambda: infer(server, "greedy", [0])[0] == 200)


def test_one_of_two_that_is_killed_all_the_time(repository, serve):
    python_model(repository, "busy", model_of(ECHO), extra="instance_group { kind: KIND_CPU count: 2 }")
    server = serve()
    stop = threading.Event()

    def kill():
        while not stop.wait(2):
            for pid in worker_pids(server)[:1]:
                os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    count = itertools.count()
    until = time.monotonic() + 9

    def ask(_):
        outcomes = []
        while time.monotonic() < until:
            value = next(count)
            status, content = infer(server, "busy", [value])
            if status == 200:
                assert content["outputs"][0]["data"] == [value]
            outcomes.append(status)
        return outcomes

    with ThreadPoolExecutor(8) as pool:
        outcomes = [status for some in pool.map(ask, range(8)) for status in some]
    stop.set()
    killer.join()
    assert set(outcomes) <= {200, 500, 503}
    assert outcomes.count(200) >= 0.95 * len(outcomes), {status: outcomes.count(status) for status in set(outcomes)}
    assert eventually(lambda: len(worker_pids(server)) == 2)


@pytest.fixture
def open_place():
    """Where every user may look: without mounts a worker's own user has to reach its model."""
    place = Path(tempfile.mkdtemp(prefix="buckler-open-", dir="/tmp"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


@pytest.mark.parametrize("refused", [False, True])
def test_with_and_without_namespaces(open_place, start_server, refused):
    if subprocess.run([PYTHON, "-I", "-c", "import numpy"], check=False, capture_output=True).returncode != 0:
        pytest.skip(f"not proven here: {PYTHON} has no numpy")
    python_model(open_place / "models", "where", model_of("""
class TritonPythonModel:
    def execute(self, requests):
        found = "|".join([os.path.dirname(__file__), *os.environ["BUCKLER_SANDBOX"].split(",")])
        return [pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", np.array([found.encode()], object))]) for r in requests]
"""), dtype="TYPE_STRING")
    runtime = open_place / "runtime"
    shutil.copytree(Path(__file__).resolve().parents[2] / "Python/buckler", runtime)
    prefix = [PYTHON, "-I", "-c", OUTER_FILTER, "refuse"] if refused else []
    server = start_server(f"--model-repository={open_place / 'models'}", f"--backend-config=python,interpreter={PYTHON}",
                          prefix=prefix, env={"BUCKLER_PYTHON": str(runtime)})
    directory, *layers = output(infer(server, "where", [""], datatype="BYTES"))[0].split("|")
    assert {"landlock", "seccomp", "no-new-privileges", "capabilities"} <= set(layers)
    if refused:
        assert "mount-namespace" not in layers and directory == str(open_place / "models/where/1")
    elif "read-only-binds" in layers:
        assert directory == "/models/where/1"


def test_a_host_without_a_required_layer_serves_none(repository, start_server):
    """A kernel without Landlock, as a filter that refuses its calls makes it look."""
    program = OUTER_FILTER.replace("[97, 40, 268, 41, 442]", "[444]").replace("[272, 165, 308, 155, 442]", "[444]")
    python_model(repository, "echo", model_of(ECHO))
    server = start_server(f"--model-repository={repository}", INTERPRETER, "--model-control-mode=explicit",
                          prefix=[PYTHON, "-I", "-c", program, "refuse"])
    status, answer, _ = server.post("/v2/repository/models/echo/load")
    # The auditor reads model.py in the same sandbox, and so is the first to notice.
    assert status == 400 and b"refused by the admission policy: unreadable" in answer
    assert "the layer landlock is required and does not hold here" in server.log.read_text()
    assert not is_ready(server, "echo") and not worker_pids(server)

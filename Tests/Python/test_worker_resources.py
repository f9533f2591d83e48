# SPDX-License-Identifier: Apache-2.0
"""What workers may use of the machine, where the kernel can hold them to it."""
import os
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
import tritonclient.http as triton_http
from conftest import eventually
from python_models import ECHO, model_of, python_model, scripted
from tritonclient.utils import InferenceServerException


def own_cgroup(controller):
    """Of the kernel's first version of cgroups; `None` if this user cannot make others beneath it."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        place = Path(f"/sys/fs/cgroup/{controller}{path}")
        if controller in controllers.split(",") and os.access(place, os.W_OK):
            return place
    return None


def workers(server, controller):
    return list(own_cgroup(controller).glob(f"buckler-{server.process.pid}-*"))


@pytest.fixture(autouse=True)
def needs_cgroups():
    if not all(own_cgroup(controller) for controller in ("memory", "pids", "cpu")):
        pytest.skip("not proven here: no cgroups of memory, pids and cpu are writable for this user")


@pytest.fixture
def serve(start_server, tmp_path):
    def serve(name, code, *arguments, extra="", **options):
        python_model(tmp_path / "models", name, code, extra=extra)
        return start_server(f"--model-repository={tmp_path / 'models'}", *arguments, **options)

    return serve


def infer(server, model, value):
    with triton_http.InferenceServerClient(server.url, network_timeout=60) as client:
        tensor = triton_http.InferInput("INPUT0", [1], "FP32")
        tensor.set_data_from_numpy(np.array([value], dtype=np.float32))
        return client.infer(model, [tensor]).as_numpy("OUTPUT0")[0]


def test_each_worker_has_cgroups_of_its_own_and_none_is_left(serve):
    server = serve("echo", model_of(ECHO), "--backend-config=python,cpu-limit=0.5", extra="instance_group { count: 2 }")
    assert infer(server, "echo", 3) == 3
    for controller in ("memory", "pids", "cpu"):
        found = workers(server, controller)
        assert len(found) == 2
        assert all((place / "cgroup.procs").read_text().split() for place in found)
    assert {(place / "pids.max").read_text().strip() for place in workers(server, "pids")} == {"520"}
    assert {(place / "cpu.cfs_quota_us").read_text().strip() for place in workers(server, "cpu")} == {"50000"}
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    bounds = {int((place / "memory.limit_in_bytes").read_text()) for place in workers(server, "memory")}
    assert all(0 < bound <= machine * 3 / 4 for bound in bounds)
    server.stop()
    assert not any(workers(server, controller) for controller in ("memory", "pids", "cpu"))


def test_a_model_may_ask_for_less_and_not_for_more(serve):
    asks = """parameters { key: "WORKER_CPU_LIMIT" value { string_value: "%s" } }
parameters { key: "WORKER_MEMORY_LIMIT_BYTES" value { string_value: "%s" } }"""
    server = serve("echo", model_of(ECHO), "--backend-config=python,cpu-limit=1",
                   "--backend-config=python,memory-limit-bytes=2147483648", extra=asks % ("0.25", str(1 << 40)))
    assert infer(server, "echo", 3) == 3
    assert [(place / "cpu.cfs_quota_us").read_text().strip() for place in workers(server, "cpu")] == ["25000"]
    assert [(place / "memory.limit_in_bytes").read_text().strip() for place in workers(server, "memory")] == [str(2 << 30)]


def test_a_model_cannot_ask_for_more_where_the_operator_says_nothing(serve):
    ask = 'parameters { key: "WORKER_MEMORY_LIMIT_BYTES" value { string_value: "%d" } }' % (1 << 42)
    server = serve("echo", model_of(ECHO), extra=ask)
    assert infer(server, "echo", 3) == 3
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert all(int((place / "memory.limit_in_bytes").read_text()) <= machine * 3 / 4 for place in workers(server, "memory"))


@pytest.mark.parametrize("value", ["0", "-1", "x", "", "nan", "inf", "99999"])
def test_what_is_no_number_of_processors_is_refused(serve, value):
    parameter = 'parameters { key: "WORKER_CPU_LIMIT" value { string_value: "%s" } }' % value
    server = serve("echo", model_of(ECHO), "--exit-on-error=false", extra=parameter, ready=False)
    assert eventually(lambda: "must be a number of processors from 0.01 on" in server.log.read_text())


# Memory that no address space counts: files without a name.
FILL = scripted("""
files = []
for _ in range(int(x[0])):
    files.append(os.memfd_create("fill"))
    for _ in range(200): os.write(files[-1], bytes(1 << 20))
""")


def test_memory_that_no_limit_of_addresses_sees_ends_the_worker_alone(serve):
    server = serve("fill", FILL, "--backend-config=python,memory-limit-bytes=1500000000")
    assert infer(server, "fill", 0) == 0
    with pytest.raises(InferenceServerException, match="is not healthy"):
        infer(server, "fill", 20)
    assert eventually(lambda: "it used more than its 1500000000 bytes of memory" in server.log.read_text())
    assert eventually(lambda: server.get("/v2/models/fill/ready")[0] == 200)
    assert infer(server, "fill", 0) == 0
    assert eventually(lambda: len(workers(server, "memory")) == 1), "those of the one that is gone are gone"


SPIN = scripted("""
began = time.process_time(), time.monotonic()
while time.monotonic() - began[1] < 2: pass
y = np.array([(time.process_time() - began[0]) / (time.monotonic() - began[1])], dtype=np.float32)
""")


def test_processor_time_is_shared_out(serve):
    server = serve("spin", SPIN, "--backend-config=python,cpu-limit=0.2")
    assert infer(server, "spin", 0) < 0.35


def test_a_killed_servers_cgroups_are_cleared_away_by_the_next(serve, start_server, tmp_path):
    server = serve("echo", model_of(ECHO))
    assert infer(server, "echo", 1) == 1
    place = own_cgroup("pids")
    server.process.kill()
    server.process.wait(10)
    left = workers(server, "pids")
    assert left and eventually(lambda: not any((one / "cgroup.procs").read_text() for one in left))
    again = start_server(f"--model-repository={tmp_path / 'models'}")
    assert infer(again, "echo", 1) == 1
    assert not any(one.exists() for one in left) and place.exists()

# SPDX-License-Identifier: Apache-2.0
"""More connections than a server has use for."""
import json
import os
import re
import resource
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import BUCKLER, identity_model

# Those bytes keep a server that was not optimised busy all the time.
CROWD, SLOWEST = (500, 5) if "/debug/" in BUCKLER else (10_000, 2)


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    repository = tmp_path_factory.mktemp("crowds")
    identity_model(repository, "identity_float32", "TYPE_FP32")
    return repository


def open_files_limits(pid):
    with open(f"/proc/{pid}/limits") as limits:
        return next(tuple(map(int, line.split()[3:5])) for line in limits if line.startswith("Max open files"))


@pytest.mark.parametrize("hard, is_enough", [(2560, True), (2559, False)])
def test_the_limit_of_open_files_is_raised(start_server, repository, hard, is_enough):
    server = start_server(f"--model-repository={repository}", "--max-connections=1024", "--allow-metrics=false",
                          prefix=["prlimit", f"--nofile=300:{hard}"])
    assert open_files_limits(server.process.pid) == (hard, hard)
    told = re.findall(r"hard limit of open files is (\d+).*set it to (\d+)", server.log.read_text())
    assert told == ([] if is_enough else [("2559", "2560")])


def resident(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) << 10


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


class Crowd:
    """Connections from several addresses that send a byte a second each, in a process of their own."""

    def __init__(self, port, addresses):
        trickle = Path(__file__).with_name("trickle.py")
        self.process = subprocess.Popen([sys.executable, trickle, str(port), str(CROWD), *addresses],
                                        stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def is_there(self):
        return bool(select.select([self.process.stdout], [], [], 0)[0])

    def count(self):
        return int(self.process.stdout.readline())


@pytest.mark.parametrize("flags, addresses, low, high", [
    ([], ["127.0.0.2"], 200, 256),
    (["--max-connections-per-address=none", "--max-connections=12000"], [f"127.0.0.{n}" for n in range(2, 10)],
     CROWD, CROWD),
])
def test_a_crowd_of_slow_senders_stops_nobody(start_server, repository, flags, addresses, low, high):
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 13_000:
        pytest.skip("not proven here: the hard limit of open files is below 13,000")
    server = start_server(f"--model-repository={repository}", "--header-timeout-secs=60", *flags)
    pid = server.process.pid
    body = json.dumps({"inputs": [{"name": "INPUT0", "shape": [1, 2], "datatype": "FP32", "data": [1, 2]}]}).encode()

    def ask():
        began = time.monotonic()
        assert server.post("/v2/models/identity_float32/infer", body)[0] == 200
        return time.monotonic() - began

    def wait(condition):
        deadline = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < deadline, (before, descriptors(pid))
            time.sleep(0.1)

    def has_gone():
        wait(lambda: descriptors(pid) <= before[0] + 8)

    ask()
    before = descriptors(pid), resident(pid)
    with Crowd(server.port, addresses) as crowd:
        arriving = []
        while not crowd.is_there():
            arriving.append(ask())
            time.sleep(0.05)
        assert low <= crowd.count() <= high
        wait(lambda: descriptors(pid) >= before[0] + low - 8)
        times = []
        for _ in range(50):
            times.append(ask())
            time.sleep(0.05)
        during = descriptors(pid), resident(pid)
        assert during[0] >= before[0] + low - 8
        assert max(times) < SLOWEST, sorted(times)[-5:]
    has_gone()
    if high < CROWD:
        return print(f"{during[0] - before[0]} of {CROWD} connections let in; slowest of 50 {max(times):.3f} s")
    # The allocator keeps what the first crowd took: the second must find it there.
    with Crowd(server.port, addresses) as crowd:
        assert low <= crowd.count() <= high
        again = resident(pid)
    has_gone()
    ask()
    print(f"{CROWD} connections; descriptors and bytes before {before}, during {during}, with a second crowd {again}; "
          f"slowest of 50 {max(times):.3f} s, of {len(arriving)} while they came {max(arriving):.3f} s")
    assert again <= during[1] * 1.15 + (8 << 20), (before, during, again)

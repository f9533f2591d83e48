# SPDX-License-Identifier: Apache-2.0
"""What the kernel says of a worker from outside, and how long a worker lives."""
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sandbox import NOBODY, PYTHON, READ, place  # noqa: F401

WAIT = """
import os, signal, sys, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)
print("started", flush=True)
time.sleep(600)
"""


def processes():
    """pid → (parent, fields of status) of every process."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                status = dict(line.split(":\t", 1) for line in (entry / "status").read_text().splitlines() if ":\t" in line)
            except OSError:
                continue
            found[int(entry.name)] = (int(status["PPid"]), status)
    return found


def worker_beneath(pid):
    """The last descendant of `pid`: it itself, or the process in its PID namespace."""
    while children := [child for child, (parent, _) in processes().items() if parent == pid]:
        pid = children[0]
    return pid


def test_the_kernel_says_what_holds(place):
    process = place.start(WAIT, limits=[("--limit-files", 77), ("--limit-processes", 20)])
    try:
        assert process.stdout.readline() == "started\n", process.stderr.read()
        pid = worker_beneath(process.pid)
        _, status = processes()[pid]
        for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            assert int(status[name], 16) == 0, name
        assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2" and status["Threads"] == "1"
        assert set(status["Uid"].split()) == {str(NOBODY if os.geteuid() == 0 else os.geteuid())}
        if place.is_root:
            assert int(status["CapBnd"], 16) == 0 and status["Groups"].strip() == ""
        rows = {line[:26].strip(): line[26:].split()[:2] for line in Path(f"/proc/{pid}/limits").read_text().splitlines()}
        assert rows["Max open files"] == ["77", "77"] and rows["Max core file size"] == ["0", "0"]
        assert rows["Max processes"] == ["20", "20"]
        if pid != process.pid:
            # Who waits outside could not do more than the worker if it were taken over.
            waiting = processes()[process.pid][1]
            assert int(waiting["CapEff"], 16) == 0 and waiting["NoNewPrivs"] == "1"
            assert len(os.listdir(f"/proc/{process.pid}/fd")) <= 2
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("kind, layer", [("user", "user-namespace"), ("mnt", "mount-namespace"), ("pid", "pid-namespace"),
                                         ("ipc", "ipc-namespace"), ("uts", "uts-namespace"), ("net", "network-namespace")])
def test_namespaces_are_its_own(place, kind, layer):
    place.need(layer)
    process = place.start(WAIT)
    try:
        assert process.stdout.readline() == "started\n"
        pid = worker_beneath(process.pid)
        assert os.readlink(f"/proc/{pid}/ns/{kind}") != os.readlink(f"/proc/self/ns/{kind}")
        if kind == "mnt":
            mounts = [line.split() for line in Path(f"/proc/{pid}/mountinfo").read_text().splitlines()]
            writable = {mount[4] for mount in mounts if not {"ro"} & set(mount[5].split(","))}
            assert writable == {"/tmp", "/dev/null"}
            assert {mount[4] for mount in mounts} <= {"/", "/tmp", "/dev/null", "/dev/urandom", "/proc/1/maps", "/proc/cpuinfo",
                                                      "/sys/devices/system/cpu", *READ, str(place.base / "model")}
            assert all({"nosuid"} <= set(mount[5].split(",")) for mount in mounts)
        if kind == "net":
            lines = Path(f"/proc/{pid}/net/dev").read_text().splitlines()[2:]
            assert [line.split(":")[0].strip() for line in lines] == ["lo"]
    finally:
        process.kill()
        process.wait()


def gone(pid, seconds=5):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = processes().get(pid)
        if found is None or found[1]["State"].startswith("Z"):
            return True
        time.sleep(0.01)
    return False


def test_a_worker_that_ignores_signals_dies_with_whoever_started_it(place):
    starter = subprocess.Popen([sys.executable, "-c", "import subprocess, sys; subprocess.run(sys.argv[1:])",
                                *place.arguments(program=[PYTHON, "-I", "-c", WAIT])], stdout=subprocess.PIPE, text=True)
    assert starter.stdout.readline() == "started\n"
    pid = worker_beneath(starter.pid)
    assert pid != starter.pid
    starter.kill()
    starter.wait()
    assert gone(pid)


def test_ending_the_launcher_ends_a_worker_that_ignores_it(place):
    place.need("pid-namespace")
    process = place.start(WAIT)
    assert process.stdout.readline() == "started\n"
    pid = worker_beneath(process.pid)
    assert pid != process.pid
    process.terminate()
    assert process.wait() == -signal.SIGTERM and gone(pid)


def test_a_cgroup_bounds_what_is_started_in_it(place):
    group = next((mount for mount in (Path("/sys/fs/cgroup/pids"), Path("/sys/fs/cgroup")) if (mount / "cgroup.procs").exists()),
                 Path("/nonexistent")) / f"buckler-test-{os.getpid()}"
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"not proven here: {error}")
    try:
        if not place.is_root or not (group / "pids.max").exists():
            pytest.skip("not proven here: no cgroup of pids is writable for this user")
        (group / "pids.max").write_text("8")
        result = place.python("""
import os, threading
end, started = threading.Event(), 0
try:
    for started in range(20): threading.Thread(target=end.wait).start()
except RuntimeError: pass
end.set()
print(started, "cgroup" in os.environ["BUCKLER_SANDBOX"].split(","))
""", "--cgroup", group, "--require", "cgroup")
        assert result.returncode == 0, result.stderr
        started, is_told = result.stdout.split()
        assert 4 <= int(started) <= 8 and is_told == "True"
    finally:
        group.rmdir()
    result = place.run("--cgroup", group, "--require", "cgroup")
    assert result.returncode == 65 and str(group) in result.stderr


def test_two_workers_cannot_see_each_other(place):
    first = place.start(WAIT)
    try:
        assert first.stdout.readline() == "started\n"
        pid = worker_beneath(first.pid)
        result = place.python(f"""
import os
for attempt in (lambda: os.kill({pid}, 0), lambda: open("/proc/{pid}/maps").read(), lambda: open("/proc/{pid}/mem", "rb")):
    try: attempt()
    except OSError: continue
    raise SystemExit("reached it")
""")
        assert result.returncode == 0, result.stderr
    finally:
        first.kill()
        first.wait()

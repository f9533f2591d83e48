# SPDX-License-Identifier: Apache-2.0
"""Workers of ONNX Runtime wherever a server may be started: as root and not, with namespaces and without, and where an
outer filter leaves the launcher no listener."""
import contextlib
import json
import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest
from conftest import BUCKLER, Server
from hosted_models import children, onnx_model, workers
from sandbox import NOBODY, OUTER_FILTER, PYTHON, SITUATIONS

ENGINES = Path(os.environ.get("BUCKLER_HOME") or Path.home() / ".buckler") / "engines"


@pytest.fixture(scope="module")
def place():
    """Where every user can read the programs and the engine, and the server's can write."""
    base = Path(tempfile.mkdtemp(prefix="buckler-hosted-", dir="/tmp"))
    for name in ("buckler", "buckler-launcher", "buckler-worker"):
        shutil.copy(Path(BUCKLER).parent / name, base / name)
    [library] = [file for file in ENGINES.glob("onnxruntime-*/libonnxruntime.so*") if not file.is_symlink()][:1]
    shutil.copy(library, base / "libonnxruntime.so")
    (base / "models").mkdir()
    onnx_model(base / "models", "echo", "identity_fp32.onnx", instances=2)
    for path in [base, *base.rglob("*")]:
        path.chmod(0o755 if path.is_dir() or not path.suffix else 0o644)
    yield base
    shutil.rmtree(base)


def serve(place, situation, prefix, *arguments):
    home = place / f"home-{situation}"
    home.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0 and situation.startswith("user"):
        os.chown(home, NOBODY, NOBODY)
    server = Server(f"--model-repository={place}/models", f"--engine-library={place}/libonnxruntime.so", "--placement=worker",
                    f"--ledger-directory={home}/ledger", *arguments, log=place / f"{situation}.log",
                    env={"BUCKLER_HOME": str(home), "HOME": str(home)}, prefix=prefix, program=str(place / "buckler"))
    return server


def status(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def check(server):
    body = json.dumps({"inputs": [{"name": "INPUT0", "datatype": "FP32", "shape": [1, 2], "data": [3, 4]}]}).encode()
    code, answer, _ = server.post("/v2/models/echo/infer", body)
    assert code == 200 and json.loads(answer)["outputs"][0]["data"] == [3, 4], answer
    found = workers(server)
    assert len(found) == 2
    for pid in found:
        one = status(pid)
        assert one["Seccomp"] == "2" and one["NoNewPrivs"] == "1" and int(one["CapEff"], 16) == 0, one
        assert "0" not in one["Uid"].split()
    return found


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_model_is_served(place, situation):
    if situation.startswith("root") and os.geteuid() != 0:
        pytest.skip("not proven here: the tests do not run as root")
    prefix = SITUATIONS[situation]
    if situation.startswith("user") and os.geteuid() != 0:
        prefix = prefix[6:]
    server = serve(place, situation, [shutil.which(prefix[0]) or prefix[0], *prefix[1:]] if prefix else [])
    try:
        server.wait_ready(60)
        # The launcher's, and the one that takes code away.
        least = int(status(os.getpid())["Seccomp_filters"]) + 2
        assert all(int(status(pid)["Seccomp_filters"]) >= least for pid in check(server))
        assert server.stop() == 0, server.log.read_text()
    finally:
        server.process.kill()
        server.process.wait()


def test_where_an_outer_filter_has_the_listener_the_worker_adds_its_own(place):
    if not os.path.exists(PYTHON):
        pytest.skip(f"not proven here: there is no {PYTHON}")
    outside = int(status(os.getpid())["Seccomp_filters"])
    server = serve(place, "listen", [PYTHON, "-I", "-c", OUTER_FILTER, "listen"])
    try:
        server.wait_ready(60)
        # The outer one, the launcher's, that which takes execve away, and that which takes code away.
        assert {int(status(pid)["Seccomp_filters"]) for pid in check(server)} == {outside + 4}
    finally:
        for pid in [*children(server.process.pid), server.process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        server.process.wait()

# SPDX-License-Identifier: Apache-2.0
"""What a server knows is not for other processes of the same user, and what it keeps is not for other users."""
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from access import bearer, buckler, make_key
from conftest import BUCKLER, eventually, identity_model

NOBODY = 65534
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]

needs_root = pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"),
                                reason="not proven here: only root can be two ordinary users")


@pytest.fixture
def open_place():
    """A directory that an ordinary user reaches, and one of his own in it."""
    place = Path(tempfile.mkdtemp(prefix="buckler-secrecy-", dir="/tmp"))
    place.chmod(0o755)
    identity_model(place / "models", "alpha", "TYPE_FP32")
    (place / "home").mkdir(mode=0o700)
    os.chown(place / "home", NOBODY, NOBODY)
    yield place
    shutil.rmtree(place)


@needs_root
@pytest.mark.parametrize("profile", ["secure", "triton"])
def test_a_process_of_the_same_user_learns_nothing(start_server, open_place, home, profile):
    line = buckler(home, "key", "create", "ci", "--print-only").stdout.strip()
    key = re.search(r"bkl_\w+", line)[0]
    server = start_server(f"--model-repository={open_place}/models", f"--profile={profile}", anonymous=False,
                          prefix=AS_NOBODY, env={"BUCKLER_HOME": f"{open_place}/home", "BUCKLER_API_KEYS": line,
                                                 "BUCKLER_API_KEY": key})
    pid = server.process.pid
    assert server.get("/v2", headers=bearer(key))[0] == 200
    assert f"Uid:\t{NOBODY}" in Path(f"/proc/{pid}/status").read_text()

    def tries(*command):
        return subprocess.run([*AS_NOBODY, *command], capture_output=True, text=True, cwd="/")

    neighbour = subprocess.Popen([*AS_NOBODY, "sleep", "60"], cwd="/")
    try:
        # It is root's until it has changed its user.
        assert eventually(lambda: tries("cat", f"/proc/{neighbour.pid}/environ").returncode == 0), "others can be read"
    finally:
        neighbour.kill()
        neighbour.wait()
    for path in ("environ", "maps", "fd/0"):
        found = tries("cat", f"/proc/{pid}/{path}")
        assert found.returncode != 0 and "Permission denied" in found.stderr, path
    assert tries("dd", f"if=/proc/{pid}/mem", "count=1").returncode != 0
    assert tries("ls", f"/proc/{pid}/fd").returncode != 0
    # Not even root finds the keys where the kernel put them.
    assert key.encode() not in Path(f"/proc/{pid}/environ").read_bytes()
    assert server.get("/v2", headers=bearer(key))[0] == 200


@pytest.fixture
def models(tmp_path):
    identity_model(tmp_path / "models", "alpha", "TYPE_FP32")
    return tmp_path / "models"


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702, 0o1777])
def test_a_home_that_others_can_change_is_refused(start_server, models, home, mode):
    key = make_key(home, "ci")
    home.chmod(mode)
    server = start_server(f"--model-repository={models}", ready=False, anonymous=False,
                          env={"BUCKLER_HOME": str(home)})
    assert server.process.wait(20) == 1
    log = server.log.read_text()
    assert f"its mode is {mode:o}" in log and f"chmod go-w '{home}'" in log
    listed = buckler(home, "key", "list")
    assert listed.returncode == 1 and f"chmod go-w '{home}'" in listed.stderr
    subprocess.run(f"chmod go-w '{home}'", shell=True, check=True)
    server = start_server(f"--model-repository={models}", anonymous=False, env={"BUCKLER_HOME": str(home)})
    assert server.get("/v2", headers=bearer(key))[0] == 200


@pytest.mark.parametrize("mode, is_fine", [(0o777, False), (0o1777, True), (0o755, True)])
def test_what_stands_above_it_counts_too(tmp_path, mode, is_fine):
    above = tmp_path / "above"
    above.mkdir()
    above.chmod(mode)
    made = buckler(above / "home", "key", "create", "ci")
    assert (made.returncode == 0) == is_fine, made.stderr
    assert is_fine or f"chmod go-w '{above}'" in made.stderr


@needs_root
def test_a_home_of_somebody_elses_is_refused(home, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(home)
    os.chown(home, NOBODY, NOBODY)
    for place in (home, link):
        made = buckler(place, "key", "create", "ci")
        assert made.returncode == 1 and f"belongs to another user, number {NOBODY}" in made.stderr
        assert "sudo chown" in made.stderr
    os.chown(home, 0, 0)
    os.chown(link, NOBODY, NOBODY, follow_symlinks=False)
    assert buckler(link, "key", "create", "ci").returncode == 1
    assert buckler(home, "key", "create", "ci").returncode == 0

# SPDX-License-Identifier: Apache-2.0
"""The engine as it is fetched and run: once, and without telling its maker about the machine, as official builds do."""
import os
import subprocess
from pathlib import Path

from conftest import BUCKLER

EXAMPLES = Path(__file__).parent.parent.parent / "Examples" / "models"


def test_the_engine_leaves_nothing_behind_and_tells_nobody(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    engines = os.environ.get("BUCKLER_HOME") or str(Path.home() / ".buckler")
    environment = {**os.environ, "HOME": str(home), "BUCKLER_HOME": engines}
    for name in ("ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME"):
        environment.pop(name, None)
    checked = subprocess.run([BUCKLER, "check", str(EXAMPLES / "digits")], env=environment, capture_output=True,
                             timeout=60)
    assert checked.returncode == 0, checked.stderr
    assert os.listdir(home) == []


def test_an_engine_that_is_there_is_not_fetched_again():
    installed = subprocess.run([BUCKLER, "engine", "install"], env={**os.environ, "PIP_NO_INDEX": "1"}, timeout=120,
                               capture_output=True)
    assert installed.returncode == 0, installed.stderr

# SPDX-License-Identifier: Apache-2.0
"""The engine as it is fetched and run: once, and without telling its maker about the machine, as official builds do."""
import os
import re
import shlex
import subprocess
import sys
import zipfile
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


def test_an_engine_that_is_not_the_pinned_one_has_to_be_one_all_the_same(tmp_path):
    home = tmp_path / "home"
    environment = {**os.environ, "BUCKLER_HOME": str(home)}

    def install(path):
        return subprocess.run([BUCKLER, "engine", "install", "--from", path, "--allow-unpinned"], env=environment,
                              capture_output=True, text=True, timeout=60)

    def listed():
        answer = subprocess.run([BUCKLER, "engine", "list", "--json"], env=environment, capture_output=True, timeout=60)
        return answer.stdout

    listing = subprocess.run([BUCKLER, "engine", "list", "--json"], capture_output=True, timeout=60).stdout
    [library] = set(re.findall(r'"([^"]*libonnxruntime[^"]*)"', listing.decode().replace("\\/", "/")))
    other = tmp_path / "other.so"
    other.write_bytes(Path(library).read_bytes() + b"\0")
    installed = install(other)
    assert installed.returncode == 0, installed.stderr
    before = listed()
    (tmp_path / "fake.so").write_text("hello\n")
    failed = install(tmp_path / "fake.so")
    assert failed.returncode == 1 and "the ONNX Runtime library cannot be loaded" in failed.stderr
    assert listed() == before, "the one that works was replaced"


def test_what_is_printed_without_pip_can_be_pasted_and_checks_the_digest(tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True, timeout=60)
    failed = subprocess.run([BUCKLER, "engine", "install", "--python", tmp_path / "bare/bin/python"], timeout=60,
                            env={**os.environ, "BUCKLER_HOME": str(tmp_path / "home")}, capture_output=True, text=True)
    assert failed.returncode == 1 and "has no pip" in failed.stderr
    [line] = [line for line in failed.stderr.splitlines() if "pip download" in line]
    [wheel] = {word for word in failed.stderr.split() if word.endswith(".whl")}
    command = line.strip().replace("python3", shlex.quote(sys.executable), 1)
    # Of an index that has another wheel under the pinned one's name.
    with zipfile.ZipFile(tmp_path / wheel, "w") as archive:
        name = "-".join(wheel.split("-")[:2])
        archive.writestr(f"{name}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name.split('-')[0]}\n"
                                                        f"Version: {name.split('-')[1]}\n")
        archive.writestr(f"{name}.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{name}.dist-info/RECORD", "")
    (tmp_path / "elsewhere").mkdir()
    environment = {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path), "PIP_NO_CACHE_DIR": "1"}

    def paste(text):
        return subprocess.run(text, shell=True, cwd=tmp_path / "elsewhere", env=environment, capture_output=True,
                              text=True, timeout=120)

    pasted = paste(command)
    assert pasted.returncode != 0 and "DO NOT MATCH THE HASHES" in pasted.stdout + pasted.stderr, pasted
    assert not os.listdir(tmp_path / "elsewhere")
    digest = subprocess.run(["sha256sum", tmp_path / wheel], capture_output=True, text=True, check=True).stdout.split()[0]
    pinned = command.split("sha256:")[1][:64]
    assert paste(command.replace(pinned, digest)).returncode == 0
    assert os.listdir(tmp_path / "elsewhere") == [wheel]

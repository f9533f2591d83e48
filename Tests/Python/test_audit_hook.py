# SPDX-License-Identifier: Apache-2.0
"""The pre-commit hook of `Deploy/`, in a repository of its own."""

import os
import subprocess
from pathlib import Path

from conftest import BUCKLER, ROOT

BAD = 'name: "m"\nbackend: "onnxruntime"\ninstance_group [ { count: 100 } ]\n'
GOOD = 'name: "m"\nbackend: "onnxruntime"\n'


def git(repository, *arguments, **environment):
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments]
    return subprocess.run(command, cwd=repository, capture_output=True, text=True, timeout=60, check=False,
                          env={**os.environ, "BUCKLER": BUCKLER, **environment})


def repository(directory):
    git(directory, "init", "-q")
    hook = directory / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_bytes((Path(ROOT) / "Deploy/pre-commit").read_bytes())
    hook.chmod(0o755)
    (directory / "models/m").mkdir(parents=True)
    return directory / "models/m/config.pbtxt"


def test_the_hook_judges_what_is_staged(tmp_path):
    config = repository(tmp_path)
    config.write_text(BAD)
    git(tmp_path, "add", "-A")
    config.write_text(GOOD)
    refused = git(tmp_path, "commit", "-m", "x")
    assert refused.returncode != 0 and "models/m/config.pbtxt:3:20: error:" in refused.stdout + refused.stderr
    git(tmp_path, "add", "-A")
    assert git(tmp_path, "commit", "-m", "x").returncode == 0


def test_the_hook_knows_waivers_and_options(tmp_path):
    config = repository(tmp_path)
    config.write_text(BAD)
    (tmp_path / ".buckler-audit.yaml").write_text(
        "waivers: [{rule: BKL-R011, reason: measured, expires: 2999-01-01}]")
    git(tmp_path, "add", "-A")
    assert git(tmp_path, "commit", "-m", "x").returncode == 0
    config.write_text(GOOD + "version_policy { all {} }\n")
    git(tmp_path, "add", "-A")
    assert git(tmp_path, "commit", "-m", "x", BUCKLER_AUDIT_OPTIONS="--fail-on warning").returncode != 0


def test_without_the_command_nothing_is_committed(tmp_path):
    repository(tmp_path).write_text(GOOD)
    git(tmp_path, "add", "-A")
    refused = git(tmp_path, "commit", "-m", "x", BUCKLER="no-such-buckler")
    assert refused.returncode != 0 and "no-such-buckler" in refused.stderr

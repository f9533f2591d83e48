# SPDX-License-Identifier: Apache-2.0
"""What somebody who begins is told: of the next thing to type."""
import subprocess

from conftest import BUCKLER, ROOT


def buckler(*arguments):
    return subprocess.run([BUCKLER, *map(str, arguments)], capture_output=True, text=True, timeout=30)


def test_an_empty_repository_is_named_at_start(start_server, tmp_path, repository):
    (tmp_path / "empty").mkdir()
    server = start_server(f"--model-repository={tmp_path / 'empty'}", f"--model-repository={repository}",
                          "--model-control-mode=explicit")
    lines = [line for line in server.log.read_text().splitlines() if "has no models" in line]
    assert len(lines) == 1 and f"'{tmp_path / 'empty'}'" in lines[0] and "digits/1/model.onnx" in lines[0]


def test_serve_with_a_directory_alone():
    done = buckler("serve", "models/mine")
    assert done.returncode == 1 and "did you mean --model-repository=models/mine?" in done.stderr


def test_config_show_has_each_heading_once():
    shown = buckler("config", "show", "--model-repository=/m")
    headings = [line for line in shown.stdout.splitlines() if line and not line.startswith(" ")]
    assert len(headings) > 5 and len(set(headings)) == len(headings)


def test_check_of_what_is_no_directory():
    for path in ("nope", ROOT / "README.md"):
        done = buckler("check", path)
        assert done.returncode == 1 and f"there is no directory '{path}': give a model's" in done.stderr


def test_rates_have_a_unit_in_the_help():
    shown = " ".join(buckler("key", "create", "--help").stdout.split())
    assert "Requests that it may make, for each second or minute: 100/s, 600/m." in shown

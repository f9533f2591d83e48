# SPDX-License-Identifier: Apache-2.0
"""`buckler check`: what is wrong, and where."""
import json
import shutil
import subprocess

import pytest
from conftest import BUCKLER, ROOT

DIGITS = (ROOT / "Examples/models/digits/config.pbtxt").read_text()
PARAMETER = 'parameters { key: "%s" value { string_value: "%s" } }\n'
INPUT = 'input { name: "more" data_type: TYPE_FP32 dims: [ 1 ] }\n'


def check(directory):
    done = subprocess.run([BUCKLER, "check", str(directory), "--json"], capture_output=True, text=True, timeout=60)
    return done.returncode, json.loads(done.stdout)


def test_a_sound_model():
    status, report = check(ROOT / "Examples/models/digits")
    assert status == 0 and report["isSound"] and report["completed"]
    assert [version["version"] for version in report["versions"]] == [1]


@pytest.mark.parametrize("change, text, place", [
    (lambda t: t.replace("max_batch_size", "max_batch_sise"), "did you mean 'max_batch_size'", "config.pbtxt:3:1"),
    (lambda t: 'name: "other"\n' + t, "unexpected directory name", "config.pbtxt:1:"),
    (lambda t: t.replace("dims: [ 64 ]", "dims: [ 65 ]"), "tensor 'image'", "config.pbtxt:4:"),
    (lambda t: t.replace("max_batch_size: 64", "max_batch_size: -1"), "non-negative", "config.pbtxt:3:"),
    (lambda t: t.replace("dynamic_batching", "sequence_batching"), "sequence_batching", "config.pbtxt:6:"),
    (lambda t: "\n\nversion_policy { specific { versions: 7 } }\n" + t, "at least one version", "config.pbtxt:3:1"),
    (lambda t: t.replace('"onnxruntime"', '"nope"'), "unable to find backend library", "config.pbtxt:2:"),
    (lambda t: "\n" + PARAMETER % ("intra_op_thread_count", "many") + t, "'intra_op_thread_count'", "config.pbtxt:2:"),
    (lambda t: "\n" + PARAMETER % ("memory.enable_memory_arena_shrinkage", "gpu:0") + t, "cpu:0", "config.pbtxt:2:"),
    (lambda t: "\noptimization { graph {\n level: 7 } }\n" + t, "graph optimization level '7'", "config.pbtxt:3:"),
    (lambda t: "\n" + INPUT + t, "configuration expects 2 inputs, model provides 1", "config.pbtxt:2:1"),
    (lambda t: t.replace("labels.txt", "none.txt"), "file 'none.txt' of model 'digits' does not exist", "config.pbtxt:5:"),
    (lambda t: t.replace("labels.txt", "../x.txt"), "outside model directory", "config.pbtxt:5:"),
])
def test_what_is_wrong_has_a_place(tmp_path, change, text, place):
    directory = tmp_path / "digits"
    shutil.copytree(ROOT / "Examples/models/digits", directory)
    (directory / "config.pbtxt").write_text(change(DIGITS))
    status, report = check(directory)
    assert status == 1 and not report["isSound"]
    said = json.dumps(report)
    assert text in said and place in said, said
    where = report.get("place") or report["versions"][0]["place"]
    line, column = (int(number or 0) for number in place.split(":")[1:])
    assert where["file"] == "config.pbtxt" and where["line"] == line and where["column"] >= max(1, column), where


@pytest.mark.parametrize("config, text, place", [
    (PARAMETER % ("execute_delay_ms", "soon"), "'execute_delay_ms'", "config.pbtxt:3:"),
    (INPUT, "as many outputs as inputs", "config.pbtxt:3:1"),
])
def test_what_is_wrong_with_a_model_without_a_graph_has_a_place(tmp_path, config, text, place):
    directory = tmp_path / "echo"
    (directory / "1").mkdir(parents=True)
    (directory / "config.pbtxt").write_text(f'backend: "identity"\n\n{config}')
    status, report = check(directory)
    said = json.dumps(report)
    assert status == 1 and text in said and place in said, said


def test_the_place_is_shown_to_people_too(tmp_path):
    directory = tmp_path / "echo"
    (directory / "1").mkdir(parents=True)
    (directory / "config.pbtxt").write_text('\nbackend: "nope"\n')
    done = subprocess.run([BUCKLER, "check", str(directory)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "config.pbtxt:2:" in done.stdout


def test_a_version_that_is_a_link_out_of_the_repository(tmp_path):
    directory = tmp_path / "models/digits"
    shutil.copytree(ROOT / "Examples/models/digits", directory)
    (tmp_path / "outside").mkdir()
    (directory / "2").symlink_to(tmp_path / "outside")
    status, report = check(directory)
    assert status == 1 and report["error"] == "file '2' of model 'digits' must stay within the model repository"

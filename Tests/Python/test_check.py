# SPDX-License-Identifier: Apache-2.0
"""`buckler check`: what is wrong, and where."""
import json
import shutil
import subprocess

import pytest
from conftest import BUCKLER, ROOT

DIGITS = (ROOT / "Examples/models/digits/config.pbtxt").read_text()


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

# SPDX-License-Identifier: Apache-2.0
"""The two rule sheets: every Don't is found, and no Do has a finding of severity error.

Each sample of a sheet is a project of its own in `Tests/RuleSheets`; its `about.yaml` says which sample it is, how it
was completed or corrected and why, and which rules have to find it.
"""

from pathlib import Path

import pytest
import yaml

from auditor import audit

SHEETS = Path(__file__).parent.parent / "RuleSheets"
SAMPLES = sorted(path.parent for path in SHEETS.glob("*/*/about.yaml"))


def about(sample):
    return yaml.safe_load((sample / "about.yaml").read_text())


def samples(kind):
    return [pytest.param(s, id=f"{s.parent.name}/{s.name}") for s in SAMPLES if about(s)["kind"] == kind]


@pytest.mark.parametrize("sample", samples("dont"))
def test_a_dont_is_found(sample):
    told = audit(sample / "project")
    expected = set(about(sample)["finds"])
    assert expected and expected <= told.rules(), told.findings
    assert not told.unreadable


@pytest.mark.parametrize("sample", samples("do"))
def test_a_do_has_no_error(sample):
    told = audit(sample / "project")
    assert not told.rules("error"), told.findings
    assert not told.unreadable


def test_all_samples_of_the_sheets_are_there():
    counts = {}
    for sample in SAMPLES:
        kind = about(sample)["kind"]
        counts[sample.parent.name, kind] = counts.get((sample.parent.name, kind), 0) + 1
    # Samples of a sheet that only work together are one project.
    assert counts == {
        ("bentoml", "dont"): 21,
        ("bentoml", "do"): 13,
        ("triton", "dont"): 17,
        ("triton", "do"): 11,
    }

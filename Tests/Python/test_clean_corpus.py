# SPDX-License-Identifier: Apache-2.0
"""Public example configurations, re-created: the auditor calls hardly any of them an error."""
import json
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import yaml
from conftest import BUCKLER

CORPUS = Path(__file__).resolve().parents[1] / "CleanCorpus"
MOST = 0.02
# Tables of labels count neither: no rule looks at them.
NO_CONFIGURATIONS = {"README.md", "expected.yaml"}


def configurations():
    return sorted(
        str(path.relative_to(CORPUS)) for path in CORPUS.rglob("*")
        if path.is_file() and path.name not in NO_CONFIGURATIONS and not path.name.endswith("labels.txt")
    )


def audit(paths, *options):
    run = subprocess.run(
        [BUCKLER, "audit", "--format", "json", *options, *paths], cwd=CORPUS, capture_output=True, timeout=120)
    assert run.returncode in (0, 1), run.stdout.decode() + run.stderr.decode()
    return json.loads(run.stdout)


@pytest.fixture(scope="module")
def reports():
    others = sorted(path.name for path in CORPUS.iterdir() if path.is_dir() and path.name != "triton")
    return [audit(["triton"], "--profile", "triton"), audit(others)]


@pytest.fixture(scope="module")
def errors(reports):
    return [
        finding for report in reports for finding in report["findings"] if finding["severity"] == "error"
    ]


def test_everything_can_be_read(reports):
    assert [problem for report in reports for problem in report["unreadable"]] == []
    assert len(configurations()) >= 60


def test_hardly_any_file_has_an_error(reports, errors):
    files = configurations()
    bad = sorted({error["file"] for error in errors})
    severities = Counter(finding["severity"] for report in reports for finding in report["findings"])
    print(f"\n{len(files)} files, {len(bad)} with an error ({len(bad) / len(files):.1%}); "
          f"{severities['warning']} warnings, {severities['note']} notes")
    for error in errors:
        print(f"  {error['rule']} {error['file']}:{error.get('line')}: {error['message']}")
    assert set(bad) <= set(files)
    assert len(bad) <= MOST * len(files)


def test_each_error_has_a_reason(errors):
    expected = yaml.safe_load((CORPUS / "expected.yaml").read_text())
    assert all(entry["reason"] for entry in expected)
    assert {(entry["file"], entry["rule"]) for entry in expected} == {(e["file"], e["rule"]) for e in errors}

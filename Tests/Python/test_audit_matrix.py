# SPDX-License-Identifier: Apache-2.0
"""Buckler's column of the catch matrix: each defect of its corpus is found, and not in the twin without it."""
import sys
from pathlib import Path

import pytest
from conftest import BUCKLER

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "AuditMatrix"))

import matrix  # noqa: E402
import tools  # noqa: E402

# What Buckler does not look for, and why.
NOT_FOUND = {
    "archive-7z": "no 7z archive is looked into: the harmless one is a warning as well",
}


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    root = tmp_path_factory.mktemp("matrix")
    rows = matrix.corpus()
    for row in rows:
        row.write(root)
    sides = [(row.name, side) for row in rows for side in ("bad", "clean")]
    return matrix.Matrix(rows, {"buckler": tools.buckler(Path(BUCKLER).absolute(), root, sides)})


def test_each_defect_is_found(judged):
    missed = {row.name for row in judged.rows if not judged.caught("buckler", row)}
    assert len(judged.rows) >= 150
    assert missed <= set(NOT_FOUND)


def test_only_pickles_are_refused_without_a_defect(judged):
    refused = {row.name: judged.alarms("buckler", row) for row in judged.rows if not matrix.holds_pickles(row)}
    assert {name: alarms for name, alarms in refused.items() if alarms} == {}

# SPDX-License-Identifier: Apache-2.0
"""Mutants of a clean project that weaken its safety: the auditor finds 95 in a hundred."""
import os
import subprocess
import sys

from conftest import BUCKLER, ROOT

MUTATIONS = ROOT / "Tests/Mutations"
sys.path.insert(0, str(MUTATIONS))

import run  # noqa: E402
from mutate import all_mutants  # noqa: E402


def test_each_mutant_is_judged_once():
    assert run.differences(all_mutants(), run.judgements()) == []


def test_names_of_mutants_are_their_own():
    names = [mutant.id for mutant in all_mutants()]
    assert len(names) == len(set(names))
    assert names == [mutant.id for mutant in all_mutants()]


def test_an_edit_elsewhere_leaves_names_and_choice_as_they_are(tmp_path):
    text = (run.PROJECT / "service/Dockerfile").read_text()
    (tmp_path / "service").mkdir()
    (tmp_path / "service/Dockerfile").write_text("# A line more.\n" + text + 'LABEL org.example.team="safety"\n')
    before = {mutant.id for mutant in all_mutants() if mutant.path == "service/Dockerfile"}
    assert before <= {mutant.id for mutant in all_mutants(tmp_path)}


def test_the_judge_of_lists_notices_what_is_missing():
    mutants, judged = all_mutants(), run.judgements()
    judged.pop(mutants[0].id)
    assert run.differences(mutants, judged) == [f"not judged: {mutants[0].id}"]


def test_the_auditor_finds_what_weakens():
    ended = subprocess.run(
        [sys.executable, str(MUTATIONS / "run.py")], env={**os.environ, "BUCKLER": BUCKLER}, capture_output=True,
        text=True, timeout=600)
    assert ended.returncode == 0, ended.stdout + ended.stderr

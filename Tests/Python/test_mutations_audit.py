# SPDX-License-Identifier: Apache-2.0
"""Mutants of clean projects that weaken their safety: the auditor finds 95 in a hundred."""
import os
import subprocess
import sys

import pytest
from conftest import BUCKLER, ROOT

MUTATIONS = ROOT / "Tests/Mutations"
sys.path.insert(0, str(MUTATIONS))

import run  # noqa: E402
from mutate import PROJECTS, SAMPLES, all_mutants, mutants_in  # noqa: E402


@pytest.fixture(scope="module")
def mutants():
    return all_mutants()


@pytest.mark.parametrize("sample", SAMPLES)
def test_each_mutant_is_judged_once(sample, mutants):
    assert run.differences(sample, mutants, run.judgements(sample)) == []


def test_no_mutant_is_in_two_lists():
    names = [name for sample in SAMPLES for name in run.judgements(sample)]
    assert len(names) == len(set(names))


def test_files_of_two_projects_have_no_path_in_common():
    paths = [path.relative_to(project) for project in PROJECTS for path in project.rglob("*") if path.is_file()]
    assert len(paths) == len(set(paths))


def test_no_operator_keeps_more_than_there_is():
    fractions = [kept for samples in PROJECTS.values() for kept in samples.values()]
    assert all(kept.keys() == fractions[0].keys() for kept in fractions)
    for samples in PROJECTS.values():
        assert all(sum(kept[operator] for kept in samples.values()) <= 100 for operator in fractions[0])


def test_names_of_mutants_are_their_own(mutants):
    names = [mutant.id for mutant in mutants]
    assert len(names) == len(set(names))
    assert names == [mutant.id for mutant in all_mutants()]


def test_an_edit_elsewhere_leaves_names_and_choice_as_they_are(tmp_path, mutants):
    text = (SAMPLES["first"] / "service/Dockerfile").read_text()
    (tmp_path / "service").mkdir()
    (tmp_path / "service/Dockerfile").write_text("# A line more.\n" + text + 'LABEL org.example.team="safety"\n')
    before = {(mutant.id, mutant.sample) for mutant in mutants if mutant.path == "service/Dockerfile"}
    after = mutants_in(tmp_path, PROJECTS[SAMPLES["first"]])
    assert before <= {(mutant.id, mutant.sample) for mutant in after}


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_judge_of_lists_notices_what_is_missing(sample, mutants):
    judged = run.judgements(sample)
    name = next(name for name in judged if not judged[name].weakens)
    judged.pop(name)
    assert run.differences(sample, mutants, judged) == [f"not judged: {name}"]


def test_a_judgement_in_the_list_of_the_other_sample_is_noticed(mutants):
    wrong = run.differences("fresh", mutants, run.judgements("first"))
    assert {f"judged, but not generated: {name}" for name in run.judgements("first")} <= set(wrong)


def test_the_auditor_finds_what_weakens():
    ended = subprocess.run(
        [sys.executable, str(MUTATIONS / "run.py")], env={**os.environ, "BUCKLER": BUCKLER}, capture_output=True,
        text=True, timeout=600)
    assert ended.returncode == 0, ended.stdout + ended.stderr

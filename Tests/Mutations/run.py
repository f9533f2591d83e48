#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Audits each mutant that weakens its project, and says for each sample of how many the auditor has a finding that it
does not have of the project as it is. Fails if these are less than 95 in a hundred of all, if the auditor warns of the
first project as it is or sees an error in the other, and if a list of judged mutants is not that of the generated ones.

Rules were widened after each sample had been measured, so what is found now says how well that was done, and what was
found at first sight how well the rules do with what nobody had in view.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

from mutate import PROJECTS, SAMPLES, StrictLoader, all_mutants  # noqa: E402

LISTS = {"first": "judged.yaml", "fresh": "judged-fresh.yaml", "other": "judged-other.yaml"}
# How many mutants that weaken were found when each sample was measured for the first time.
AT_FIRST_SIGHT = {"first": 137, "fresh": 57, "other": 59}
LEAST_RATE = 0.95
LEAST_WEAKENING = {"first": 200, "fresh": 100, "other": 60}
# What the auditor may not say of a project as it is.
NOT_SAID_OF_CLEAN = {"project": {"error", "warning"}, "other-project": {"error"}}
SECONDS_FOR_ONE = 60


@dataclass(frozen=True)
class Judgement:
    weakens: bool
    because: str


def judgements(sample):
    """Name of a mutant -> its judgement."""
    judged = {}
    text = (HERE / LISTS[sample]).read_text(encoding="utf-8")
    for path, entries in yaml.load(text, Loader=StrictLoader).items():
        for rest, entry in entries.items():
            if type(entry["weakens"]) is not bool or not entry["because"]:
                raise ValueError(f"{path}:{rest} says neither true nor false, or not why")
            judged[f"{path}:{rest}"] = Judgement(entry["weakens"], entry["because"])
    return judged


class Auditor:
    """Runs `buckler audit` on copies of a project, one for each thread."""

    def __init__(self, project, directory):
        self.project = project
        self.program = os.environ.get("BUCKLER") or str(ROOT / ".build/debug/buckler")
        self.environment = {"BUCKLER_PYTHON": str(ROOT / "Python/buckler"), **os.environ}
        self.directory = Path(directory)
        self.local = threading.local()

    def copy(self):
        if not hasattr(self.local, "copy"):
            self.local.copy = Path(tempfile.mkdtemp(dir=self.directory))
            shutil.copytree(self.project, self.local.copy / "project")
        return self.local.copy

    def audit(self, path=None, text=None):
        """(findings, unreadable files) of the project with one file of another text."""
        copy = self.copy()
        if path:
            (copy / "project" / path).write_text(text, encoding="utf-8")
        try:
            run = subprocess.run(
                [self.program, "audit", "--format", "json", "project"], cwd=copy, env=self.environment,
                capture_output=True, text=True, timeout=SECONDS_FOR_ONE)
        finally:
            if path:
                shutil.copyfile(self.project / path, copy / "project" / path)
        if run.returncode not in (0, 1, 2) or not run.stdout:
            subject = path or self.project.name
            raise RuntimeError(f"the audit of {subject} ended with {run.returncode}: {run.stderr.strip()}")
        report = json.loads(run.stdout)
        findings = {(each["rule"], each["file"], each["message"]): each for each in report["findings"]}
        unreadable = {each["file"] for each in report["unreadable"]} if run.returncode == 2 else set()
        return findings, unreadable


def rules_that_find(auditor, clean, mutant):
    """Rules with a finding that the clean project does not have; `unreadable` for a file that the auditor refuses."""
    findings, unreadable = auditor.audit(mutant.path, mutant.text)
    rules = {key[0] for key in findings if key not in clean}
    return sorted(rules | ({"unreadable"} if f"project/{mutant.path}" in unreadable else set()))


def differences(sample, mutants, judged):
    """What is wrong with the list of judged mutants of a sample."""
    made = {mutant.id for mutant in mutants if mutant.sample == sample}
    wrong = [f"not judged: {name}" for name in sorted(made - judged.keys())]
    wrong += [f"judged, but not generated: {name}" for name in sorted(judged.keys() - made)]
    count = sum(judgement.weakens for judgement in judged.values())
    least = LEAST_WEAKENING[sample]
    if count < least:
        wrong.append(f"only {count} mutants weaken; {least} are needed")
    return wrong


def table(results, key):
    """Lines of found, all and the rate by what `key` says of a mutant."""
    counts = defaultdict(lambda: [0, 0])
    for mutant, rules in results:
        counts[key(mutant)][0] += bool(rules)
        counts[key(mutant)][1] += 1
    return [f"  {name:<14} {found:>4} of {count:>4}  {100 * found / count:5.1f} %"
            for name, (found, count) in sorted(counts.items())]


def problems_of_clean(project, findings, unreadable):
    wrong = [f"{each['severity']} in the clean {project.name}: {each['rule']} {each['file']}: {each['message']}"
             for each in findings.values() if each["severity"] in NOT_SAID_OF_CLEAN[project.name]]
    return wrong + [f"unreadable in the clean {project.name}: {name}" for name in sorted(unreadable)]


def measure(project, mutants, threads):
    """(what is wrong with the clean project, [(mutant, rules that find it)])."""
    with tempfile.TemporaryDirectory(prefix="buckler-mutations-") as directory:
        auditor = Auditor(project, directory)
        clean, unreadable = auditor.audit()
        wrong = problems_of_clean(project, clean, unreadable)
        with ThreadPoolExecutor(threads) as pool:
            rules = list(pool.map(lambda mutant: rules_that_find(auditor, clean, mutant), mutants))
    return wrong, list(zip(mutants, rules, strict=True))


def rate_of(found, count):
    return f"{found} of {count}, {100 * found / count:.1f} %"


def report(sample, results, judged, is_whole):
    """Prints what is found of a sample and what is missed."""
    for title, key in (("kind of file", lambda mutant: mutant.kind), ("operator", lambda mutant: mutant.operator)):
        print(f"Found of the {sample} sample, by {title}:", *table(results, key), sep="\n")
    missed = [mutant for mutant, rules in results if not rules]
    if missed:
        print(f"Missed of the {sample} sample:")
        for mutant in missed:
            print(f"  {mutant.id} (line {mutant.line}): {judged[mutant.id].because}")
    first = f"; at first sight {rate_of(AT_FIRST_SIGHT[sample], len(results))}" if is_whole else ""
    print(f"Found of the {sample} sample: {rate_of(len(results) - len(missed), len(results))}{first}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--verbose", action="store_true", help="say of each mutant which rules find it")
    parser.add_argument("--harmless", action="store_true", help="audit those that weaken nothing")
    parser.add_argument("--sample", choices=SAMPLES, help="only mutants of this sample")
    parser.add_argument("names", nargs="*", help="only mutants whose names begin so")
    options = parser.parse_args()
    mutants = all_mutants()
    judged = {sample: judgements(sample) for sample in SAMPLES}
    wrong = [each for sample in SAMPLES for each in differences(sample, mutants, judged[sample])]
    chosen = [mutant for mutant in mutants
              if options.sample in (None, mutant.sample) and mutant.id.startswith(tuple(options.names) or "")
              and mutant.id in judged[mutant.sample]
              and judged[mutant.sample][mutant.id].weakens != options.harmless]
    began = time.monotonic()
    results, wrong_of_clean = [], []
    for project in PROJECTS:
        of_project = [mutant for mutant in chosen if SAMPLES[mutant.sample] == project]
        if of_project:
            problems, audited = measure(project, of_project, options.threads)
            results += audited
            wrong_of_clean += problems
    if options.verbose:
        for mutant, rules in results:
            print(f"{mutant.id}: {' '.join(rules) or 'nothing'}")
    for sample in SAMPLES:
        of_sample = [(mutant, rules) for mutant, rules in results if mutant.sample == sample]
        if of_sample:
            report(sample, of_sample, judged[sample], not options.names and not options.harmless)
    found = sum(bool(rules) for _, rules in results)
    print(f"Found of all: {rate_of(found, max(1, len(results)))}")
    if not options.harmless and found < LEAST_RATE * len(results):
        wrong.append(f"less than {100 * LEAST_RATE:.0f} % are found")
    print(f"{len(results)} mutants audited of {len(mutants)} generated, in {time.monotonic() - began:.0f} s")
    wrong += wrong_of_clean
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

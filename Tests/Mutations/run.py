#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Audits each mutant that weakens the project, and says of how many the auditor has a finding that it does not have of
the project as it is. Fails below 95 in a hundred, and if the list of judged mutants is not that of the generated ones.
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

from mutate import PROJECT, all_mutants  # noqa: E402

LEAST_RATE = 0.95
LEAST_WEAKENING = 200
SECONDS_FOR_ONE = 60


@dataclass(frozen=True)
class Judgement:
    weakens: bool
    because: str


def judgements():
    """Name of a mutant -> its judgement."""
    judged = {}
    for path, entries in yaml.safe_load((HERE / "judged.yaml").read_text(encoding="utf-8")).items():
        for rest, entry in entries.items():
            if type(entry["weakens"]) is not bool or not entry["because"]:
                raise ValueError(f"{path}:{rest} says neither true nor false, or not why")
            judged[f"{path}:{rest}"] = Judgement(entry["weakens"], entry["because"])
    return judged


class Auditor:
    """Runs `buckler audit` on copies of the project, one for each thread."""

    def __init__(self, directory):
        self.program = os.environ.get("BUCKLER") or str(ROOT / ".build/debug/buckler")
        self.environment = {"BUCKLER_PYTHON": str(ROOT / "Python/buckler"), **os.environ}
        self.directory = Path(directory)
        self.local = threading.local()

    def copy(self):
        if not hasattr(self.local, "copy"):
            self.local.copy = Path(tempfile.mkdtemp(dir=self.directory))
            shutil.copytree(PROJECT, self.local.copy / "project")
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
                shutil.copyfile(PROJECT / path, copy / "project" / path)
        if run.returncode not in (0, 1, 2) or not run.stdout:
            subject = path or "the project"
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


def differences(mutants, judged):
    """What is wrong with the list of judged mutants."""
    made = {mutant.id for mutant in mutants}
    wrong = [f"not judged: {name}" for name in sorted(made - judged.keys())]
    wrong += [f"judged, but not generated: {name}" for name in sorted(judged.keys() - made)]
    count = sum(judgement.weakens for judgement in judged.values())
    if count < LEAST_WEAKENING:
        wrong.append(f"only {count} mutants weaken; {LEAST_WEAKENING} are needed")
    return wrong


def table(results, key):
    """Lines of found, all and the rate by what `key` says of a mutant."""
    counts = defaultdict(lambda: [0, 0])
    for mutant, rules in results:
        counts[key(mutant)][0] += bool(rules)
        counts[key(mutant)][1] += 1
    return [f"  {name:<14} {found:>4} of {count:>4}  {100 * found / count:5.1f} %"
            for name, (found, count) in sorted(counts.items())]


def problems_of_clean(findings, unreadable):
    wrong = [f"{each['severity']} in the clean project: {each['rule']} {each['file']}: {each['message']}"
             for each in findings.values() if each["severity"] != "note"]
    return wrong + [f"unreadable in the clean project: {name}" for name in sorted(unreadable)]


def measure(mutants, threads):
    """(what is wrong with the clean project, [(mutant, rules that find it)])."""
    with tempfile.TemporaryDirectory(prefix="buckler-mutations-") as directory:
        auditor = Auditor(directory)
        clean, unreadable = auditor.audit()
        wrong = problems_of_clean(clean, unreadable)
        with ThreadPoolExecutor(threads) as pool:
            rules = list(pool.map(lambda mutant: rules_that_find(auditor, clean, mutant), mutants))
    return wrong, list(zip(mutants, rules, strict=True))


def report(results, judged, verbose):
    if verbose:
        for mutant, rules in results:
            print(f"{mutant.id}: {' '.join(rules) or 'nothing'}")
    for title, key in (("kind of file", lambda mutant: mutant.kind), ("operator", lambda mutant: mutant.operator)):
        print(f"Found, by {title}:", *table(results, key), sep="\n")
    missed = [mutant for mutant, rules in results if not rules]
    if missed:
        print("Missed:")
        for mutant in missed:
            print(f"  {mutant.id} (line {mutant.line}): {judged[mutant.id].because}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--verbose", action="store_true", help="say of each mutant which rules find it")
    parser.add_argument("--harmless", action="store_true", help="audit those that weaken nothing")
    parser.add_argument("names", nargs="*", help="only mutants whose names begin so")
    options = parser.parse_args()
    mutants, judged = all_mutants(), judgements()
    wrong = differences(mutants, judged)
    chosen = [mutant for mutant in mutants if mutant.id in judged
              and judged[mutant.id].weakens != options.harmless and mutant.id.startswith(tuple(options.names) or "")]
    began = time.monotonic()
    wrong_of_clean, results = measure(chosen, options.threads)
    report(results, judged, options.verbose)
    found = sum(bool(rules) for _, rules in results)
    rate = found / len(results) if results else 0
    print(f"{found} of {len(results)} mutants that {'do not weaken' if options.harmless else 'weaken'} are found: "
          f"{100 * rate:.1f} % ({len(mutants)} generated, {time.monotonic() - began:.0f} s)")
    wrong += wrong_of_clean
    if not options.harmless and rate < LEAST_RATE:
        wrong.append(f"less than {100 * LEAST_RATE:.0f} % are found")
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

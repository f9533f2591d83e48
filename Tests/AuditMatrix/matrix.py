#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints, as Markdown, which defects Buckler's auditor and other tools catch on one corpus.

    Tests/AuditMatrix/matrix.py [--buckler FILE] [--tools DIRECTORY] [--keep DIRECTORY] [--details FILE]

Each defect stands in files that have nothing else wrong, and has a twin without it. A tool catches a defect if it says
of the bad files anything that it does not say of the twin. See README.md beside this file.
"""
import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import deployments
import model_files
import sheets
import tools

GROUPS = ["Rule sheets", "Dockerfiles", "Compose files", "Kubernetes manifests", "Model files"]
ROOT = Path(__file__).resolve().parents[2]
HEAD = """\
# Who catches what

Made by `Tests/AuditMatrix/matrix.py`; what stands in its corpus and how it judges is said in
`Tests/AuditMatrix/README.md`. The others: {tools}.

✓ caught, and the tool fails by default because of it; (✓) said, as a warning or note that does not fail by default;
✗ not caught; – the tool does not read files of that kind; ‼ the tool also fails the same file without the defect.
"""


def corpus():
    rows = [*sheets.rows(), *deployments.rows(), *model_files.rows()]
    assert len({row.name for row in rows}) == len(rows), "two defects have one name"
    return rows


def surplus(bad, clean):
    """What is said of the bad files and not of the twin; of what is said more than once, how much more."""
    counts = Counter(key for key, _ in clean)
    found = []
    for key, fails in bad:
        if counts[key]:
            counts[key] -= 1
        else:
            found.append((key, fails))
    return found


class Matrix:
    def __init__(self, rows, found):
        self.rows, self.found = rows, found

    def caught(self, tool, row):
        found = self.found[tool]
        return surplus(found[row.name, "bad"], found[row.name, "clean"])

    def alarms(self, tool, row):
        return [key for key, fails in self.found[tool][row.name, "clean"] if fails] if row.twin_is_faultless else []

    def cell(self, tool, row):
        caught = self.caught(tool, row)
        mark = "✓" if caught else "✗" if row.applies(tool) else "–"
        if caught and not any(fails for _, fails in caught):
            mark = "(✓)"
        return mark + " ‼" if self.alarms(tool, row) else mark

    def sums(self, tool, rows):
        judged = [row for row in rows if row.applies(tool) or self.caught(tool, row)]
        caught = [row for row in judged if self.caught(tool, row)]
        failing = [row for row in caught if any(fails for _, fails in self.caught(tool, row))]
        return len(caught), len(judged), len(failing), sum(bool(self.alarms(tool, row)) for row in rows)

    def markdown(self):
        names = list(self.found)
        yield HEAD.format(tools=", ".join(
            f"{tool} {package.split()[0].split('==')[1]}" for tool, package in tools.PINNED.items()))
        yield from self.summary(names)
        for group in GROUPS:
            yield f"\n### {group}\n"
            yield from heading(["defect", *names])
            for row in (row for row in self.rows if row.group == group):
                yield line([row.title.replace("|", "\\|"), *(self.cell(tool, row) for tool in names)])

    def summary(self, names):
        yield from heading(["", *names])
        for group in GROUPS:
            rows = [row for row in self.rows if row.group == group]
            yield line([f"{group} ({len(rows)})", *(ratio(self.sums(tool, rows)) for tool in names)])
        totals = [self.sums(tool, self.rows) for tool in names]
        yield line(["**caught, of those it reads**", *(f"**{ratio(total)}**" for total in totals)])
        yield line([f"caught, of all {len(self.rows)}", *(str(total[0]) for total in totals)])
        yield line(["caught so that it fails by default", *(str(total[2]) for total in totals)])
        faultless = [row for row in self.rows if row.twin_is_faultless]
        yield line([f"faultless twins that it fails, of {len(faultless)}", *(str(total[3]) for total in totals)])
        policy = [row for row in faultless if holds_pickles(row)]
        yield line([f"… of them files with a harmless pickle, of {len(policy)}",
                    *(str(sum(bool(self.alarms(tool, row)) for row in policy)) for tool in names)])


def holds_pickles(row):
    """Whether the twin does; an array of floats, say, is read for pickles and holds none."""
    return "fickling" in row.readers


def ratio(sums):
    return f"{sums[0]} of {sums[1]}" if sums[1] else "–"


def heading(cells):
    yield line(cells)
    yield line(["---", *[":-:"] * (len(cells) - 1)])


def line(cells):
    return "| " + " | ".join(cells) + " |"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--buckler", type=Path, default=os.environ.get("BUCKLER", ROOT / ".build/debug/buckler"))
    options.add_argument("--tools", type=Path, help="where the other tools' commands are; installed there if not")
    options.add_argument("--keep", type=Path, help="write the corpus there, and leave it")
    options.add_argument("--details", type=Path, help="write what each tool said of each defect there, as JSON")
    given = options.parse_args()

    directory = (given.tools or ROOT / ".build/audit-matrix").absolute()
    directory.mkdir(parents=True, exist_ok=True)
    tools.install(directory)
    rows = corpus()
    with tempfile.TemporaryDirectory() as temporary:
        root = (given.keep or Path(temporary)).absolute()
        for row in rows:
            row.write(root)
        matrix = Matrix(rows, dict(everything(rows, root, directory, given.buckler)))
    print("\n".join(matrix.markdown()))
    if given.details:
        given.details.write_text(json.dumps({
            row.name: {tool: {"caught": matrix.caught(tool, row), "alarms": matrix.alarms(tool, row)}
                       for tool in matrix.found} for row in rows}, indent=1))


def everything(rows, root, directory, buckler):
    for name, tool in tools.ALL.items():
        sides = [(row.name, side) for row in rows if row.applies(name) for side in ("bad", "clean")]
        start = time.monotonic()
        command = Path(buckler).absolute() if name == "buckler" else directory / name
        yield name, tool(command, root, sides)
        print(f"{name}: {time.monotonic() - start:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()

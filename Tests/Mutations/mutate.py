#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Mutants of two projects, made by operators that know what files look like and nothing of what an auditor looks for.

Each mutant changes one place of one file. Which of all possible mutants are kept is drawn by a hash of each one's own
name, so that an edit of the project leaves the names and the choice of all others as they are. The first project has
two samples, and no mutant is in both: the first, and a fresh one of those that the first left out. The other project,
with other habits and idioms, has one.
"""
import argparse
import ast
import difflib
import hashlib
import io
import re
import sys
import tokenize
from dataclasses import dataclass
from pathlib import Path

import yaml
from common_keys import COMMON

HERE = Path(__file__).resolve().parent

# How many of a hundred candidates the first sample keeps. What a line says is most often changed by its values; deleted
# lines and added keys are few enough.
KEPT = {
    "delete-line": 28, "delete-block": 34, "add-key": 90, "swap": 9, "opposite": 100, "unpin": 45, "address": 100,
    "scheme": 100, "widen": 26, "zero": 9, "minus-one": 5, "huge": 10, "empty": 4, "any": 3, "empty-list": 50,
    "any-list": 60,
}

# How many of the same hundred the fresh sample keeps, of those behind. Of some operators the first sample left none.
FRESH = {
    "delete-line": 28, "delete-block": 34, "add-key": 10, "swap": 6, "opposite": 0, "unpin": 55, "address": 0,
    "scheme": 0, "widen": 74, "zero": 12, "minus-one": 8, "huge": 28, "empty": 6, "any": 6, "empty-list": 50,
    "any-list": 40,
}

# How many of a hundred candidates of the other project its sample keeps.
OTHER = {
    "delete-line": 15, "delete-block": 26, "add-key": 37, "swap": 4, "opposite": 62, "unpin": 45, "address": 100,
    "scheme": 100, "widen": 24, "zero": 8, "minus-one": 4, "huge": 9, "empty": 3, "any": 3, "empty-list": 50,
    "any-list": 25,
}

# Of each project: its samples, in the order in which they are drawn. Files of two projects have no path in common.
PROJECTS = {
    HERE / "project": {"first": KEPT, "fresh": FRESH},
    HERE / "other-project": {"other": OTHER},
}
SAMPLES = {sample: project for project, samples in PROJECTS.items() for sample in samples}

OPPOSITES = {
    "true": "false", "True": "False", "on": "off", "yes": "no", "none": "all", "ALL": "NONE", "ro": "rw",
    "enforce": "audit", "restricted": "privileged", "strict": "lenient", "refuse": "continue", "secure": "triton",
    "worker": "process", "Always": "Never", "Ingress": "Egress", "TCP": "UDP", "REJECT": "DELAY",
    "KIND_GPU": "KIND_CPU", "forbid": "allow", "ClusterIP": "LoadBalancer", "RuntimeDefault": "Unconfined",
    "any": "all", "==": "!=", "<": ">", "<=": ">=", "and": "or", "OFF": "TIMESTAMPS", "GRPCS": "GRPC",
}
OPPOSITES |= {value: key for key, value in OPPOSITES.items()}

NUMBER = re.compile(r"(-?\d[\d_]*(?:\.\d+)?)([A-Za-z]{0,2}(?:/[a-z])?)")
IPV4 = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b(?:/\d+)?")
DIGEST = re.compile(r"(?::[\w.-]+)?@sha256:[0-9a-f]{64}")
PIN = re.compile(r"(?<=[a-z0-9\]])==?[0-9][\w.-]*")


@dataclass(frozen=True)
class Mutant:
    id: str
    path: str
    kind: str
    operator: str
    line: int
    text: str
    sample: str

    def difference(self, original):
        lines = difflib.unified_diff(original.splitlines(), self.text.splitlines(), n=0, lineterm="")
        return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def kind_of(path):
    name = path.name
    if name.endswith(".pbtxt"):
        return "pbtxt"
    if name.startswith("Dockerfile"):
        return "dockerfile"
    if name.startswith("requirements"):
        return "requirements"
    if name.endswith(".py"):
        return "python"
    if name.endswith(".sh"):
        return "shell"
    if name == "bentofile.yaml":
        return "bentofile"
    if name == "configuration.yaml":
        return "bentoml"
    if "compose" in name:
        return "compose"
    return "kubernetes" if name.endswith((".yaml", ".yml")) else None


YAML_KINDS = {"bentofile", "bentoml", "compose", "kubernetes"}


class StrictLoader(yaml.SafeLoader):
    """Two keys of one name are a mistake, as most readers have it."""


def strict_mapping(loader, node, deep=False):
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    if len(keys) != len({str(key) for key in keys}):
        raise yaml.constructor.ConstructorError("two keys of one name")
    loader.flatten_mapping(node)
    return dict(yaml.SafeLoader.construct_pairs(loader, node, deep=True))


StrictLoader.add_constructor("tag:yaml.org,2002:merge", lambda loader, node: node.value)
StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, strict_mapping)


def meaning(text, kind):
    """What two texts of one meaning have in common; None for a text that its reader refuses."""
    if kind in YAML_KINDS:
        try:
            return repr(list(yaml.load_all(text, Loader=StrictLoader)))
        except yaml.YAMLError:
            return None
    if kind == "python":
        try:
            return ast.dump(ast.parse(text))
        except SyntaxError:
            return None
    bare = "\n".join(line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#"))
    if kind == "pbtxt" and (bare.count("{") != bare.count("}") or bare.count("[") != bare.count("]")):
        return None
    return bare


# Places


def indent_of(line):
    return len(line) - len(line.lstrip(" "))


def is_blank(line):
    return not line.strip() or line.strip().startswith("#") or line.strip() in ("---", "\\")


def net_brackets(line):
    return sum(line.count(c) for c in "{[(") - sum(line.count(c) for c in "}])")


def end_of_block(lines, start, kind):
    """The line after the last one that belongs to the line at `start`."""
    if kind in ("dockerfile", "requirements", "shell"):
        end = start
        while end + 1 < len(lines) and lines[end].rstrip().endswith("\\"):
            end += 1
        return end + 1
    end, depth = start + 1, 0
    if kind in ("pbtxt", "python"):
        depth = net_brackets(lines[start])
        while depth > 0 and end < len(lines):
            depth += net_brackets(lines[end])
            end += 1
    if kind == "pbtxt":
        return end
    same = lines[start].rstrip().endswith(":") and not lines[start].lstrip().startswith("- ")
    while end < len(lines):
        line = lines[end]
        if line.strip() and indent_of(line) <= indent_of(lines[start]):
            is_item = kind != "python" and same and line.lstrip().startswith("- ")
            if not (is_item and indent_of(line) == indent_of(lines[start])):
                break
        end += 1
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    return end


def is_continued(lines, at):
    return at > 0 and lines[at - 1].rstrip().endswith("\\")


# Values


def spans_of_values(line, kind):
    """Where in a line values stand: (start, end), the shortest that a person would call a value, and lists whole."""
    if kind == "python":
        return python_spans(line)
    if kind == "pbtxt":
        return [match.span(1) for match in re.finditer(r"\w+\s*:\s*(\"[^\"]*\"|\[[^\]]*\]|[^\s}\],]+)", line)]
    if kind in YAML_KINDS:
        return yaml_spans(line)
    spans = [match.span(1) for match in re.finditer(r"--?[\w-]+[= ](?!-)('[^']*'|[^\s\"'\\]+)", line)]
    spans += [match.span() for match in re.finditer(r"\"[^\"]*\"|(?<=[A-Z_]=)[\w/:.]+", line)]
    spans += [match.span() for match in re.finditer(r"(?<!\S)[a-z]\S*(?:@sha256:|[a-z0-9]==?\d)\S*", line)]
    spans += [match.span(1) for match in re.finditer(r"^(?:USER|EXPOSE|WORKDIR|umask) (\S+)", line)]
    return sorted(set(spans))


def yaml_spans(line):
    match = re.match(r"\s*(?:- )?(?:[\w./\"-]+:\s+)?(\S.*?)\s*$", line)
    if not match or match.group(1).endswith(":") or match.group(1).startswith("#"):
        return []
    start, end = match.span(1)
    value = match.group(1)
    if value.startswith("{"):
        return [(start + inner.start(1), start + inner.end(1)) for inner in re.finditer(r":\s*([^,}\s]+)", value)]
    return [(start, end)]


def python_spans(line):
    spans = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(line.strip() + "\n").readline):
            docstring = token.string.startswith('"""')
            word = token.string in OPPOSITES or token.string == "not"
            if token.type in (tokenize.NUMBER, tokenize.STRING) and not docstring or word:
                spans.append((token.start[1] + indent_of(line), token.end[1] + indent_of(line)))
    except (tokenize.TokenError, IndentationError, SyntaxError):
        pass
    return spans


def changes_of_value(value, kind):
    """(operator, other value) for all that is done to a value."""
    quote = value[0] if value[:1] in ("'", '"') and value[-1:] == value[0] and len(value) > 1 else ""
    bare = value[1:-1] if quote else value
    made = []
    number = NUMBER.fullmatch(bare)
    if bare.startswith("["):
        made += [("empty-list", "[]"), ("any-list", '["*"]')]
    elif number:
        digits = number.group(1).replace("_", "")
        hundred = str(round(float(digits) * 100)) if "." in digits else str(int(digits) * 100)
        made += [("widen", hundred + number.group(2)), ("zero", "0" + number.group(2))]
        made += [("minus-one", "-1" + number.group(2)), ("huge", "2147483647" + number.group(2))]
    elif bare in OPPOSITES:
        made.append(("opposite", OPPOSITES[bare]))
    elif bare == "not":
        made.append(("opposite", ""))
    elif not (kind == "python" and value[:1] in "rbf"):
        made += [("empty", "" if quote or kind not in YAML_KINDS else '""'), ("any", "*" if quote else '"*"')]
    if IPV4.search(bare):
        made.append(("address", IPV4.sub(lambda m: "0.0.0.0/0" if "/" in m.group() else "0.0.0.0", bare)))
    if DIGEST.search(bare):
        made += [("unpin", DIGEST.sub(":latest", bare)), ("unpin", DIGEST.sub("", bare))]
        made.append(("unpin", re.sub(r"@sha256:[0-9a-f]{64}", "", bare)))
    elif PIN.search(bare) and not bare.startswith("-"):
        made += [("unpin", PIN.sub("", bare)), ("unpin", PIN.sub(lambda m: ">=" + m.group().lstrip("="), bare))]
    if "https://" in bare or "grpcs://" in bare:
        made.append(("scheme", bare.replace("https://", "http://").replace("grpcs://", "grpc://")))
    if re.search(r":(true|ro)$", bare):
        made.append(("opposite", re.sub(r"\w+$", lambda m: OPPOSITES[m.group()], bare)))
    return [(operator, quote + other + quote if not other.startswith("[") else other) for operator, other in made]


# Operators: each yields (operator, line, new lines)


def delete(lines, kind):
    for at, line in enumerate(lines):
        if is_blank(line) or not re.search(r"\w", line):
            continue
        end = end_of_block(lines, at, kind)
        inner = is_continued(lines, at)
        if inner:
            rest = lines[:at] + lines[at + 1:]
            if not line.rstrip().endswith("\\"):
                rest[at - 1] = rest[at - 1].rstrip().removesuffix("\\").rstrip()
            yield "delete-line", at, rest
        elif end == at + 1:
            yield "delete-line", at, lines[:at] + lines[end:]
        else:
            yield "delete-block", at, lines[:at] + lines[end:]


def change_values(lines, kind):
    for at, line in enumerate(lines):
        if is_blank(line):
            continue
        for start, end in spans_of_values(line, kind):
            for operator, other in changes_of_value(line[start:end], kind):
                changed = (line[:start] + other + line[end:]).rstrip()
                yield operator, at, lines[:at] + [changed] + lines[at + 1:]


def add_keys(lines, kind):
    for anchor, additions in COMMON[kind]:
        for at, line in enumerate(lines):
            if not re.match(anchor, line.strip()):
                continue
            margin = " " * indent_of(line)
            for addition in additions:
                added = [margin + part for part in addition.split("\n")]
                yield "add-key", at, lines[:at] + added + lines[at:]
            break


def scalar(line, kind):
    """(all up to the value, the value, all behind it) of a line with one value."""
    if kind == "shell":
        match = re.fullmatch(r"(\s+--[\w-]+=)(.*?)(\s*\\?)", line)
    elif kind == "pbtxt":
        match = re.fullmatch(r"(\s*\w+: )(\S.*?)()", line)
    else:
        match = re.fullmatch(r"(\s*[\w./-]+: )(\S.*?)()", line)
    return match.groups() if match else None


def swap(lines, kind):
    """Two neighbours: their values where they have names, else the two themselves."""
    for at in range(len(lines) - 1):
        if is_blank(lines[at]):
            continue
        if kind in ("dockerfile", "python"):
            if is_continued(lines, at):
                continue
            middle = end_of_block(lines, at, kind)
            while middle < len(lines) and not lines[middle].strip():
                middle += 1
            if middle < len(lines) and indent_of(lines[at]) == indent_of(lines[middle]) and not is_blank(lines[middle]):
                end = end_of_block(lines, middle, kind)
                yield "swap", at, lines[:at] + lines[middle:end] + lines[at:middle] + lines[end:]
            continue
        first, second = scalar(lines[at], kind), scalar(lines[at + 1], kind)
        if first and second and indent_of(lines[at]) == indent_of(lines[at + 1]):
            swapped = [first[0] + second[1] + first[2], second[0] + first[1] + second[2]]
            yield "swap", at, lines[:at] + swapped + lines[at + 2:]


def short_hash(text, digits=6):
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


def sample_of(identity, operator, samples):
    """Which of a project's samples a mutant is in, if any."""
    drawn = int(short_hash(identity, 8), 16) % 100
    for sample, kept in samples.items():
        if drawn < kept[operator]:
            return sample
        drawn -= kept[operator]
    return None


def mutants_of(path, name, samples):
    kind = kind_of(path)
    original = path.read_text(encoding="utf-8")
    lines = original.splitlines()
    seen, ordinals = {meaning(original, kind)}, {}
    for operate in (delete, change_values, add_keys, swap):
        for operator, at, changed in operate(lines, kind):
            text = "\n".join(changed) + "\n"
            key = (operator, short_hash(lines[at].strip()))
            ordinal = ordinals[key] = ordinals.get(key, -1) + 1
            identity = f"{name}:{operator}:{key[1]}:{ordinal}"
            said = meaning(text, kind)
            if said is None or said in seen:
                continue
            seen.add(said)
            sample = sample_of(identity, operator, samples)
            if sample:
                yield Mutant(identity, name, kind, operator, at + 1, text, sample)


def mutants_in(project, samples):
    found = []
    for path in sorted(project.rglob("*")):
        if path.is_file() and kind_of(path):
            found += mutants_of(path, path.relative_to(project).as_posix(), samples)
    return found


def all_mutants():
    return [mutant for project, samples in PROJECTS.items() for mutant in mutants_in(project, samples)]


def main():
    parser = argparse.ArgumentParser(description="Print the mutants: name, place, sample and difference.")
    parser.add_argument("--sample", choices=SAMPLES, help="only mutants of this sample")
    parser.add_argument("names", nargs="*", help="only mutants whose names begin so")
    options = parser.parse_args()
    for mutant in all_mutants():
        if mutant.id.startswith(tuple(options.names) or "") and options.sample in (None, mutant.sample):
            print(f"{mutant.id} (line {mutant.line}, {mutant.sample} sample)")
            for line in mutant.difference((SAMPLES[mutant.sample] / mutant.path).read_text(encoding="utf-8")):
                print("    " + line)


if __name__ == "__main__":
    sys.exit(main())

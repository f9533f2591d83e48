# SPDX-License-Identifier: Apache-2.0
"""Runs each tool on the corpus as its makers mean it to be run, and brings its findings to one form.

A finding is (what it is about, whether the tool fails by default because of it). What it is about is the tool's own
check id with what it names, without numbers, so that an offset or a size makes no difference between two files.
"""
import json
import os
import re
import subprocess
import zipfile
import zlib
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from corpus import APP

PINNED = {
    "checkov": "checkov==3.3.30",
    # Its reader of NumPy files fails with every numpy after 2.2.
    "modelscan": "modelscan[tensorflow,h5py]==0.8.8 numpy==2.2.6",
    # Without numpy it cannot read the files of NumPy.
    "picklescan": "picklescan[7z]==1.0.5 numpy==2.2.6",
    # It imports typing_extensions, and asks for it with other versions of Python only.
    "fickling": "fickling==0.1.12 typing_extensions==4.16.0",
    "bandit": "bandit==1.9.4",
}


def install(directory: Path):
    """A virtual environment for each, since what they depend on does not go together."""
    for tool, package in PINNED.items():
        if not (directory / tool).exists():
            subprocess.run(["python3", "-m", "venv", directory / f"{tool}.venv"], check=True)
            subprocess.run([directory / f"{tool}.venv/bin/pip", "install", "--quiet", *package.split()], check=True)
            (directory / tool).symlink_to(f"{tool}.venv/bin/{tool}")
        # One that cannot even start would look like one that fails every file.
        subprocess.run([directory / tool, "--help"], check=True, stdout=subprocess.DEVNULL)


def run(command, timeout=300, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, errors="replace",
                          timeout=timeout, **options)


def about(check, text=""):
    return f"{check} {re.sub(r'[0-9]+', '#', text)}".strip()


def side_of(root, path):
    """(defect, side) of a file, and its path within."""
    defect, side, *rest = Path(path).resolve().relative_to(root.resolve()).parts
    return (defect, side), "/".join(rest)


def buckler(command, root, sides):
    """Each side is a project of its own: what is missing in one can only be seen in a whole."""
    environment = {"BUCKLER_PYTHON": str(Path(__file__).resolve().parents[2] / "Python/buckler"), **os.environ}

    def audit(side):
        report = run([command, "audit", "--format", "json", "."], cwd=root / side[0] / side[1], env=environment)
        if report.returncode not in (0, 1, 2):
            raise RuntimeError(f"buckler audit on {side}: {report.stderr}")
        return side, json.loads(report.stdout)

    found = defaultdict(list)
    with ThreadPoolExecutor(2) as pool:
        for side, report in pool.map(audit, sides):
            for one in report["findings"]:
                message = one["message"].replace("-".join(side), APP)
                found[side].append((about(one["rule"], message), one["severity"] == "error"))
            for one in report["unreadable"]:
                found[side].append((about("unreadable", one["message"]), True))
    return found


def checkov(command, root, _sides):
    report = run([command, "-d", ".", "--framework", "dockerfile", "kubernetes", "secrets", "-o", "json", "--quiet",
                  "--compact", "--skip-download"], cwd=root, timeout=600)
    blocks = json.loads(report.stdout)
    found = defaultdict(list)
    for block in blocks if isinstance(blocks, list) else [blocks]:
        for one in block.get("results", {}).get("failed_checks", []):
            side, _ = side_of(root, root / one["file_path"].lstrip("/"))
            found[side].append((about(one["check_id"]), True))
    return found


def bandit(command, root, _sides):
    report = json.loads(run([command, "-r", "-q", "-f", "json", "."], cwd=root).stdout)
    found = defaultdict(list)
    for one in report["results"]:
        side, _ = side_of(root, root / one["filename"])
        # Bandit fails by default on any severity.
        found[side].append((about(one["test_id"], one["issue_text"]), True))
    return found


def modelscan(command, root, _sides):
    report = root / "modelscan.json"
    run([command, "-p", ".", "-r", "json", "-o", report.name], cwd=root, timeout=600)
    answer = json.loads(report.read_text())
    report.unlink()
    found = defaultdict(list)
    for one in answer["issues"]:
        side, _ = side_of(root, root / one["source"].split(":")[0])
        found[side].append((about(one["severity"], f"{one.get('module')}.{one.get('operator')}"), True))
    for one in answer["errors"]:
        if source := one.get("source"):
            side, _ = side_of(root, root / str(source).split(":")[0])
            # A file that it could not read is not passed in silence: its exit status is 3.
            found[side].append((about("error", one.get("category", "")), True))
    return found


def picklescan(command, root, sides):
    """File by file, since in a directory it looks at some names only; without --strict, as it is by default."""
    def scan(side):
        found = []
        for path in files_of(root, side):
            report = run([command, "-p", path])
            for line in (report.stdout + report.stderr).splitlines():
                if match := re.search(r"(dangerous|suspicious) import '(.*)' FOUND", line):
                    found.append((about(*match.groups()), match[1] == "dangerous"))
            # Of globals that it does not know it prints the number only, and does not fail.
            if re.search(r"Suspicious globals: [1-9]", report.stdout):
                found.append(("suspicious globals", False))
            # 2: the scan failed, which no pipeline takes for clean.
            if report.returncode == 2:
                found.append(("error", True))
        return side, found

    with ThreadPoolExecutor(2) as pool:
        return defaultdict(list, pool.map(scan, sides))


def files_of(root, side):
    return sorted(path for path in (root / side[0] / side[1]).rglob("*") if path.is_file() and not path.is_symlink())


def fickling(command, root, sides):
    """It reads pickles, so what they are packed in is opened for it, by Python's own readers."""
    def check(side):
        found = []
        for path in files_of(root, side):
            for number, pickled in enumerate(pickles_of(path)):
                found += judged(command, pickled, root / f"fickling-{side[0]}-{side[1]}-{number}")
        return side, found

    with ThreadPoolExecutor(2) as pool:
        return defaultdict(list, pool.map(check, sides))


def pickles_of(path):
    if not zipfile.is_zipfile(path):
        content = path.read_bytes()
        if path.suffix == ".pbtxt":
            return []
        return [zlib.decompress(content) if content.startswith(b"x\x9c") else content]
    try:
        with zipfile.ZipFile(path) as archive:
            return [archive.read(name) for name in archive.namelist() if name.endswith(".pkl")]
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError):
        return []


def judged(command, pickled, place):
    given, answer = Path(f"{place}.in"), Path(f"{place}.json")
    given.write_bytes(pickled)
    report = run([command, "--check-safety", "--json-output", answer, given])
    text = answer.read_text() if answer.exists() else ""
    given.unlink()
    answer.unlink(missing_ok=True)
    found = []
    for results in objects(text):
        unsafe = results.get("severity", "LIKELY_SAFE") != "LIKELY_SAFE"
        details = results.get("detailed_results", {}).get("AnalysisResult", {})
        found += [(about(kind, str(said)), unsafe) for kind, said in details.items()]
    # It could not read the file to its end, and says so by its exit status.
    return found or ([("error", True)] if report.returncode else [])


def objects(text):
    """It writes one JSON object for each pickle of a stream, one after the other."""
    decoder = json.JSONDecoder()
    while text := text.lstrip():
        value, end = decoder.raw_decode(text)
        yield value
        text = text[end:]


ALL = {"buckler": buckler, "checkov": checkov, "modelscan": modelscan, "picklescan": picklescan,
       "fickling": fickling, "bandit": bandit}

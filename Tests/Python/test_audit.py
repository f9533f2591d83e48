# SPDX-License-Identifier: Apache-2.0
"""`buckler audit` and `buckler inspect` as they are typed: formats, exit statuses, waivers, baselines, mends, hostile trees."""

import json
import os
import pickle
import resource
import subprocess
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import jsonschema
import pytest

from auditor import audit
from conftest import BUCKLER

SCHEMA = json.loads((Path(__file__).parent.parent / "Fixtures/sarif-2.1.0.schema.json").read_text())
MANY = 'name: "m"\nbackend: "onnxruntime"\ninstance_group [ { count: 100 } ]\n'
PLAIN = 'name: "m"\nbackend: "onnxruntime"\n'
PRIVILEGED = """services:
  web:
    image: nginx:1.27.3
    privileged: true
    mem_limit: 1g
"""


def write(root, files):
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def run(*arguments, cwd, stdin=None, environment=None):
    return subprocess.run([BUCKLER, *map(str, arguments)], cwd=cwd, input=stdin, capture_output=True, text=True, timeout=120,
                          check=False, env={**os.environ, **(environment or {})})


@pytest.mark.parametrize("threshold, status", [("error", 1), ("warning", 1), ("note", 1)])
def test_an_error_fails_at_every_threshold(tmp_path, threshold, status):
    write(tmp_path, {"models/m/config.pbtxt": MANY})
    assert run("audit", "models", "--fail-on", threshold, cwd=tmp_path).returncode == status


@pytest.mark.parametrize("threshold, status", [("error", 0), ("warning", 1), ("note", 1)])
def test_a_warning_fails_if_it_is_told_to(tmp_path, threshold, status):
    write(tmp_path, {"models/m/config.pbtxt": PLAIN + "version_policy { all {} }\n"})
    assert run("audit", "models", "--fail-on", threshold, cwd=tmp_path).returncode == status


def test_a_clean_project_is_clean(tmp_path):
    write(tmp_path, {"models/m/config.pbtxt": PLAIN})
    done = run("audit", "models", "--fail-on", "note", cwd=tmp_path)
    assert done.returncode == 0 and done.stdout == "0 errors, 0 warnings and 0 notes in 1 file\n"


def test_what_cannot_be_read_is_status_2(tmp_path):
    write(tmp_path, {"compose.yaml": "services: [", "models/m/config.pbtxt": MANY})
    done = run("audit", ".", cwd=tmp_path)
    assert done.returncode == 2 and "compose.yaml" in done.stdout and "BKL-R011" in done.stdout
    assert run("audit", "nowhere", cwd=tmp_path).returncode == 2


def test_text_points_at_the_place(tmp_path):
    write(tmp_path, {"models/m/config.pbtxt": MANY})
    text = run("audit", "models", cwd=tmp_path).stdout
    assert "models/m/config.pbtxt:3:20: error: model 'm' asks for 100 instances [BKL-R011]" in text
    assert "3 | instance_group [ { count: 100 } ]\n  |                    ^" in text
    assert "\x1b" not in text


def test_hostile_names_and_lines_cannot_forge_a_report(tmp_path):
    config = MANY.replace("{ count", "{ # \x1b[2J\u202e\n count")
    write(tmp_path, {"models/m/config.pbtxt": config, "models/m/1/a\nb\x1b[1m": "x"})
    for form in ("text", "markdown", "junit", "sarif", "json"):
        text = run("audit", "models", "--format", form, cwd=tmp_path).stdout
        assert "\x1b" not in text and "\u202e" not in text


def test_sarif_validates(tmp_path):
    write(tmp_path, {"models/m/config.pbtxt": MANY, "a b/ü%.yaml": "x: [", "docker-compose.yml": PRIVILEGED})
    (tmp_path / ".buckler-audit.yaml").write_text(
        "waivers: [{rule: BKL-R011, reason: measured, expires: 2999-01-01}]")
    report = json.loads(run("audit", ".", "--format", "sarif", cwd=tmp_path).stdout)
    jsonschema.validate(report, SCHEMA, format_checker=jsonschema.FormatChecker())
    rules = report["runs"][0]["tool"]["driver"]["rules"]
    results = report["runs"][0]["results"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in results)
    assert [r["suppressions"][0]["justification"] for r in results if r["ruleId"] == "BKL-R011"] == ["waived: measured"]
    notified = report["runs"][0]["invocations"][0]
    assert not notified["executionSuccessful"]
    uri = notified["toolExecutionNotifications"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "a%20b/%C3%BC%25.yaml"


def test_the_schema_refuses_what_is_not_sarif():
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"version": "2.1.0", "runs": [{"results": []}]}, SCHEMA)


def test_junit_is_xml_that_counts(tmp_path):
    write(tmp_path, {"models/m/config.pbtxt": MANY + "version_policy { all {} }\n"})
    root = ElementTree.fromstring(run("audit", "models", "--format", "junit", cwd=tmp_path).stdout)
    suite = root.find("testsuite")
    assert suite.get("tests") == "2" and suite.get("failures") == "1" and len(root.findall(".//failure")) == 1


def test_a_report_goes_to_a_file(tmp_path):
    write(tmp_path, {"models/m/config.pbtxt": MANY})
    done = run("audit", "models", "--format", "sarif", "--output", "report.sarif", cwd=tmp_path)
    assert done.returncode == 1 and done.stdout == ""
    assert json.loads((tmp_path / "report.sarif").read_text())["version"] == "2.1.0"


def test_a_baseline_leaves_what_is_new(tmp_path):
    write(tmp_path, {"models/m/config.pbtxt": MANY})
    assert run("audit", "models", "--write-baseline", "base.json", cwd=tmp_path).returncode == 1
    assert run("audit", "models", "--baseline", "base.json", cwd=tmp_path).returncode == 0
    write(tmp_path, {"models/m/config.pbtxt": "# moved\n" + MANY, "models/n/config.pbtxt": MANY.replace('"m"', '"n"')})
    done = run("audit", "models", "--baseline", "base.json", cwd=tmp_path)
    assert done.returncode == 1 and "model 'n'" in done.stdout and "model 'm'" not in done.stdout


def test_a_waiver_ends(tmp_path):
    write(tmp_path, {"models/m/config.pbtxt": MANY})
    waiver = tmp_path / ".buckler-audit.yaml"
    waiver.write_text("waivers: [{rule: BKL-R011, path: 'models/*', reason: measured, expires: 2999-01-01}]")
    assert run("audit", "models", cwd=tmp_path).returncode == 0
    waiver.write_text("waivers: [{rule: BKL-R011, path: 'models/*', reason: measured, expires: 2020-01-01}]")
    done = run("audit", "models", cwd=tmp_path)
    assert done.returncode == 1 and "the waiver of BKL-R011 ended on 2020-01-01" in done.stdout
    waiver.write_text("waivers: [{rule: BKL-R011, expires: 2999-01-01}]")
    done = run("audit", "models", cwd=tmp_path)
    assert done.returncode == 2 and "a waiver needs 'reason'" in done.stderr


def test_mends_are_shown_and_asked_for(tmp_path):
    write(tmp_path, {"docker-compose.yml": PRIVILEGED})
    file = tmp_path / "docker-compose.yml"
    file.chmod(0o640)
    done = run("audit", ".", "--fix", cwd=tmp_path, stdin="")
    assert "-    privileged: true" in done.stderr and "nobody is here to ask" in done.stderr
    assert file.read_text() == PRIVILEGED
    done = run("audit", ".", "--fix", "--yes", cwd=tmp_path)
    assert done.returncode == 1 and "privileged: true" not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o640
    assert "BKL-D001" not in audit(".", cwd=tmp_path).rules()


def test_mends_leave_links_alone(tmp_path):
    write(tmp_path, {"real.yml": PRIVILEGED})
    (tmp_path / "docker-compose.yml").symlink_to("real.yml")
    done = run("audit", "docker-compose.yml", "--fix", "--yes", cwd=tmp_path)
    assert done.returncode == 2 and "is a link" in done.stderr
    assert (tmp_path / "docker-compose.yml").is_symlink() and (tmp_path / "real.yml").read_text() == PRIVILEGED


def test_a_name_that_is_not_utf8_is_told_and_not_admitted(tmp_path):
    write(tmp_path, {"models/m/config.pbtxt": PLAIN, "models/m/1/notes.txt": "x"})
    with open(os.fsencode(tmp_path) + b"/models/m/w\xff.bin", "wb") as file:
        file.write(b"cos\nsystem\n(S'id'\ntR.")
    done = run("audit", "models", cwd=tmp_path)
    assert done.returncode == 2 and "not UTF-8" in done.stdout
    checked = run("check", "models/m", cwd=tmp_path)
    assert checked.returncode != 0 and "admission policy" in checked.stdout


def test_the_list_and_an_explanation(tmp_path):
    listed = json.loads(run("audit", "--list", "--json", cwd=tmp_path).stdout)
    assert len(listed) > 100 and {"id", "title", "severity", "why", "mend", "references", "looksAt"} <= listed[0].keys()
    explained = run("audit", "--explain", "bkl-d001", cwd=tmp_path).stdout
    assert explained.startswith("BKL-D001") and "CWE-" in explained
    assert run("audit", "--explain", "BKL-X999", cwd=tmp_path).returncode == 2


def bomb(levels):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for level in range(1, levels):
        lines.append(f"a{level}: &a{level} [" + ", ".join([f"*a{level - 1}"] * 10) + "]")
    return "\n".join(lines)


HOSTILE = {
    "bomb.yaml": bomb(10),
    "cycle.yaml": "a: &a\n  b: *a\n",
    "deep.yaml": "[" * 100_000,
    "deep.json": "{\"a\":" * 100_000,
    "line.yaml": "a: " + "x" * 3_000_000,
    "keys.yaml": "{" + ", ".join(f"k{i}: 1" for i in range(200_000)) + "}",
    "latin1.yaml": b"a: \xff\xfe",
    "nul.yaml": b"a: \x00b",
    "long.toml": "a = [" + "[" * 50_000,
    "pyproject.toml": "a = " + "{b=" * 20_000,
    "config.pbtxt": "a {" * 200_000,
    "Dockerfile": "RUN " + "\\\n" * 200_000 + "x",
    "Dockerfile.args": "ARG A=${A:-" * 10_000,
    "run.sh": "sh -c '" * 5000 + "$(" * 50_000,
    "requirements.txt": "a==" + "[" * 1_000_000,
    "service.py": "(" * 100_000,
    "deploy.py": "x = " + "-" * 200_000 + "1",
    "docker-compose.yml": "services: {a: &a {build: *a}}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_read_or_told_within_bounds(tmp_path, name):
    write(tmp_path, {name: HOSTILE[name], "models/m/config.pbtxt": MANY})
    began = time.monotonic()
    told = audit(".", cwd=tmp_path)
    assert time.monotonic() - began < 30
    assert "BKL-R011" in told.rules(), "what lies beside it is audited all the same"


def test_links_are_not_followed_out(tmp_path):
    write(tmp_path, {"secret/compose.yaml": PRIVILEGED, "tree/models/m/config.pbtxt": PLAIN})
    (tmp_path / "tree/compose.yaml").symlink_to("../secret/compose.yaml")
    (tmp_path / "tree/models/m/loop").symlink_to(".")
    (tmp_path / "tree/models/m/up").symlink_to("../../../secret")
    told = audit("tree", cwd=tmp_path)
    assert told.rules() == {"BKL-R003", "BKL-R004"}


def peak_kib(command, cwd):
    """Peak resident memory of a command: of the largest child so far, so the command has to be larger than those before."""
    subprocess.run(command, cwd=cwd, capture_output=True, timeout=120, check=False)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss


def test_a_huge_model_file_is_inspected_in_constant_memory(tmp_path):
    header = json.dumps({"w": {"dtype": "F32", "shape": [2_684_354_560], "data_offsets": [0, 10_737_418_240]}}).encode()
    header += b" " * (-len(header) % 8)
    with open(tmp_path / "model.safetensors", "wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(8 + len(header) + 10_737_418_240)
    script = "import resource,subprocess,sys; p=subprocess.run(sys.argv[1:],capture_output=True); " \
             "print(p.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    began = time.monotonic()
    done = subprocess.run(["python3", "-c", script, BUCKLER, "inspect", "model.safetensors"], cwd=tmp_path, capture_output=True,
                          text=True, timeout=120, check=True)
    status, kib = map(int, done.stdout.split())
    assert status == 0 and kib < 200 * 1024 and time.monotonic() - began < 20


def test_a_pickle_is_explained_and_never_loaded(tmp_path):
    witness = tmp_path / "witness"

    class Payload:
        def __reduce__(self):
            return (os.system, (f"touch {witness}",))

    write(tmp_path, {"weights.onnx": pickle.dumps(Payload())})
    done = run("inspect", "weights.onnx", cwd=tmp_path)
    assert done.returncode == 1 and "posix.system" in done.stdout and "touch" in done.stdout
    report = json.loads(run("inspect", "--json", "weights.onnx", cwd=tmp_path).stdout)
    assert report[0]["problems"]
    assert not witness.exists()
    assert run("inspect", "nothing", cwd=tmp_path).returncode == 2


@pytest.mark.parametrize("pattern", ["compose.yaml", "./compose.yaml", "**/compose.yaml", "*.yaml", "**/d*/compose.yaml"])
def test_patterns_leave_out_what_is_at_the_top_too(tmp_path, pattern):
    write(tmp_path, {("deep/compose.yaml" if "d*" in pattern else "compose.yaml"): PRIVILEGED})
    done = run("audit", ".", "--exclude", pattern, cwd=tmp_path)
    assert done.returncode == 0 and done.stdout == "0 errors, 0 warnings and 0 notes in 0 files\n"


def test_what_has_no_name_is_told_with_that_of_its_directory(tmp_path):
    (tmp_path / os.fsdecode(b"bad\xff")).write_text("x")
    done = run("audit", ".", "--format", "sarif", cwd=tmp_path)
    report = json.loads(done.stdout)
    jsonschema.validate(report, SCHEMA)
    problem = report["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]
    assert done.returncode == 2
    assert problem["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "."


def test_a_directory_is_no_file_to_inspect(tmp_path):
    write(tmp_path, {"d/a": "", "d/b.pkl": b"cos\nsystem\n(S'true'\ntR."})
    done = run("inspect", "d", cwd=tmp_path)
    assert done.returncode == 2 and "it is no file; 'buckler audit'" in done.stderr and not done.stdout

# SPDX-License-Identifier: Apache-2.0
"""EXECUTION_ENV_PATH: a Python model that brings an environment of its own, which only its workers ever run."""
import bz2
import hashlib
import io
import json
import os
import signal
import sys
import sysconfig
import tarfile
import threading
import time
import venv
from pathlib import Path

import numpy
import pytest
from conftest import eventually
from python_models import model_of, python_model
from sandbox import OUTER_FILTER, PYTHON

INTERPRETER = f"--backend-config=python,interpreter={sys.executable}"

# Says where its interpreter lies and what a library says that is in its environment alone.
TELLS = model_of("""
import sys
import only_here
class TritonPythonModel:
    def execute(self, requests):
        told = np.array([sys.prefix, only_here.WORD], object)
        return [pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", told)]) for _ in requests]
""")


def environment(directory):
    venv.create(directory, symlinks=True, with_pip=False)
    libraries = Path(sysconfig.get_path("purelib", vars={"base": str(directory)}))
    (libraries / "only_here.py").write_text("WORD = 'found'\n")
    for part in Path(numpy.__file__).parents[1].glob("numpy*"):
        (libraries / part.name).symlink_to(part)
    return directory


def named(path):
    return 'parameters { key: "EXECUTION_ENV_PATH" value { string_value: "%s" } }' % path


@pytest.fixture
def repository(tmp_path):
    directory = tmp_path / "models"
    directory.mkdir()
    return directory


def load(server, model):
    status, answer, _ = server.post(f"/v2/repository/models/{model}/load")
    return status, json.loads(answer)["error"] if answer else ""


@pytest.mark.parametrize("is_shared", [False, True])
def test_a_model_runs_in_the_environment_that_it_names(repository, start_server, tmp_path, is_shared):
    directory = python_model(repository, "tells", TELLS, dtype="TYPE_STRING",
                             extra=named(tmp_path / "envs/one" if is_shared else "$$TRITON_MODEL_DIRECTORY/env"))
    place = environment(tmp_path / "envs/one" if is_shared else directory / "env")
    server = start_server(f"--model-repository={repository}", INTERPRETER, f"--python-env-root={tmp_path}/envs")
    status, answer, _ = server.post("/v2/models/tells/infer", json.dumps(
        {"inputs": [{"name": "INPUT0", "datatype": "BYTES", "shape": [1], "data": ["x"]}]}).encode())
    assert status == 200, answer
    assert json.loads(answer)["outputs"][0]["data"] == [str(place), "found"]


def archive(environment, path, pack=lambda tar, place: tar.add(place, "."), mode="w:gz", **options):
    with tarfile.open(path, mode, **options) as tar:
        pack(tar, environment)
    return path


@pytest.mark.parametrize("name, mode, kind", [("env.tar.gz", "w:gz", tarfile.PAX_FORMAT), ("env.tgz", "w:gz", tarfile.GNU_FORMAT),
                                              ("env.tar", "w", tarfile.USTAR_FORMAT)])
def test_an_archive_is_unpacked_once(repository, start_server, tmp_path, home, name, mode, kind):
    place = environment(tmp_path / "made")
    for model in ("one", "two"):
        directory = python_model(repository, model, TELLS, dtype="TYPE_STRING",
                                 extra=named(f"$$TRITON_MODEL_DIRECTORY/{name}"))
        archive(place, directory / name, mode=mode, format=kind)
        os.utime(directory / name, (0, 0))
    (repository / "two" / name).write_bytes((repository / "one" / name).read_bytes())
    server = start_server(f"--model-repository={repository}", INTERPRETER, env={"BUCKLER_HOME": str(home)})
    [unpacked] = (home / "environments").iterdir()
    assert unpacked.name == hashlib.sha256((repository / "one" / name).read_bytes()).hexdigest()
    for model in ("one", "two"):
        status, answer, _ = server.post(f"/v2/models/{model}/infer", json.dumps(
            {"inputs": [{"name": "INPUT0", "datatype": "BYTES", "shape": [1], "data": ["x"]}]}).encode())
        assert status == 200, answer
        assert json.loads(answer)["outputs"][0]["data"] == [str(unpacked), "found"]
    assert not [path for path in unpacked.rglob("*") if not path.is_symlink() and path.stat().st_mode & 0o7022]


def member(name, kind=tarfile.REGTYPE, link="", content=b""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, len(content)
    return info, io.BytesIO(content)


BAD_ARCHIVES = {
    "a link, and a file through it": [member("out", tarfile.SYMTYPE, "/tmp"), member("out/evil", content=b"x")],
    "a name that leads out": [member("../evil", content=b"x")],
    "an absolute name": [member("/tmp/evil", content=b"x")],
    "a hard link out": [member("passwd", tarfile.LNKTYPE, "/etc/passwd")],
    "a device": [member("null", tarfile.CHRTYPE)],
    "a FIFO": [member("pipe", tarfile.FIFOTYPE)],
    "a file twice": [member("a", content=b"x"), member("a", content=b"y")],
    "no interpreter": [member("bin/readme", content=b"x")],
}


@pytest.mark.parametrize("kind", [*BAD_ARCHIVES, "nothing", "noise", "zip", "bzip2", "cut short", "damaged"])
def test_a_bad_archive_is_refused_and_leaves_nothing(repository, start_server, home, kind):
    directory = python_model(repository, "bad", TELLS, dtype="TYPE_STRING",
                             extra=named("$$TRITON_MODEL_DIRECTORY/env.tar.gz"))
    path = directory / "env.tar.gz"
    good = BAD_ARCHIVES.get(kind) or [member(f"bin/{n}", content=os.urandom(9000)) for n in range(20)]
    archive(None, path, lambda tar, _: [tar.addfile(*one) for one in good])
    content = path.read_bytes()
    path.write_bytes({"nothing": b"", "noise": os.urandom(5000), "zip": b"PK" + content, "bzip2": bz2.compress(content),
                      "cut short": content[:-900], "damaged": content[:40_000] + bytes(64) + content[40_064:]}.get(kind, content))
    server = start_server(f"--model-repository={repository}", INTERPRETER, "--model-control-mode=explicit",
                          env={"BUCKLER_HOME": str(home)})
    status, error = load(server, "bad")
    assert status in (400, 404) and "EXECUTION_ENV_PATH of model 'bad' names" in error, error
    assert str(directory) not in error and str(home) not in error
    left = list((home / "environments").iterdir()) if kind != "nothing" else []
    assert kind == "no interpreter" or not left, "nothing half unpacked stays"
    assert not Path("/tmp/evil").exists()


def test_an_environment_elsewhere_is_refused_and_nothing_of_it_runs(repository, start_server, tmp_path):
    """`bin/python3` is the author's: here it would leave a mark behind."""
    mark = tmp_path / "ran"
    for place in [tmp_path / "elsewhere", repository / "inside/env"]:
        (place / "bin").mkdir(parents=True)
        (place / "bin/python3").write_text(f"#!/bin/sh\ntouch {mark}\n")
        (place / "bin/python3").chmod(0o755)
    python_model(repository, "outside", TELLS, dtype="TYPE_STRING", extra=named(tmp_path / "elsewhere"))
    (repository / "inside").rename(tmp_path / "made")
    directory = python_model(repository, "inside", TELLS, dtype="TYPE_STRING", extra=named("$$TRITON_MODEL_DIRECTORY/env"))
    (tmp_path / "made/env").rename(directory / "env")
    server = start_server(f"--model-repository={repository}", INTERPRETER, "--model-control-mode=explicit")
    status, error = load(server, "outside")
    assert status == 400 and "names nothing that lies in the model's directory or beneath --python-env-root" in error
    assert str(tmp_path) not in error
    assert load(server, "inside")[0] >= 400
    assert not mark.exists()


def test_an_interpreter_that_leads_out_of_its_environment_is_refused(repository, start_server, tmp_path):
    program = tmp_path / "python3"
    program.write_bytes(Path("/bin/true").read_bytes())
    program.chmod(0o755)
    directory = python_model(repository, "linked", TELLS, dtype="TYPE_STRING", extra=named("$$TRITON_MODEL_DIRECTORY/env"))
    (directory / "env/bin").mkdir(parents=True)
    (directory / "env/bin/python3").symlink_to(program)
    server = start_server(f"--model-repository={repository}", INTERPRETER, "--model-control-mode=explicit")
    status, error = load(server, "linked")
    assert status >= 400 and "has an interpreter that lies outside of it" in error and str(tmp_path) not in error


def test_a_link_that_is_put_in_the_way_later_is_not_followed(repository, start_server, tmp_path):
    """The next worker of a loaded model reads what the first one read, or there is none."""
    directory = python_model(repository, "tells", TELLS, dtype="TYPE_STRING", extra=named("$$TRITON_MODEL_DIRECTORY/in/env"))
    (directory / "in").mkdir()
    environment(directory / "in/env")
    (tmp_path / "outside").mkdir()
    environment(tmp_path / "outside/env")
    server = start_server(f"--model-repository={repository}", INTERPRETER)
    [worker] = [int(line.split()[0]) for line in os.popen(f"ps -o pid= --ppid {server.process.pid}")]
    (directory / "in").rename(directory / "was")
    (directory / "in").symlink_to(tmp_path / "outside")
    os.kill(worker, signal.SIGKILL)
    assert eventually(lambda: "is not where it was when the model was loaded" in server.log.read_text())
    assert server.get("/v2/models/tells/ready")[0] != 200
    (directory / "in").unlink()
    (directory / "was").rename(directory / "in")
    assert eventually(lambda: server.get("/v2/models/tells/ready")[0] == 200)


def test_without_the_one_shot_exec_an_environment_is_not_run(repository, start_server):
    """Elsewhere the runtime adds a filter before it loads user code; here, the interpreter itself may be the author's."""
    if not os.path.exists(PYTHON):
        pytest.skip(f"not proven here: there is no {PYTHON}")
    directory = python_model(repository, "tells", TELLS, dtype="TYPE_STRING", extra=named("$$TRITON_MODEL_DIRECTORY/env"))
    environment(directory / "env")
    server = start_server(f"--model-repository={repository}", INTERPRETER, "--model-control-mode=explicit",
                          prefix=[PYTHON, "-I", "-c", OUTER_FILTER, "listen"])
    status, error = load(server, "tells")
    assert status == 400 and "the layer one-shot-exec is required and does not hold here" in error


def test_while_archives_are_unpacked_the_server_answers(repository, start_server, home):
    for model in range(4):
        directory = python_model(repository, f"many{model}", TELLS, dtype="TYPE_STRING",
                                 extra=named("$$TRITON_MODEL_DIRECTORY/env.tar"))
        archive(None, directory / "env.tar", mode="w", pack=lambda tar, _: [
            tar.addfile(*member(f"lib/{model}/{n}", content=b"x" * 300)) for n in range(8000)])
    server = start_server(f"--model-repository={repository}", INTERPRETER, "--model-control-mode=explicit",
                          env={"BUCKLER_HOME": str(home)})
    loads = [threading.Thread(target=load, args=(server, f"many{model}")) for model in range(4)]
    for thread in loads:
        thread.start()
    slowest = 0
    while any(thread.is_alive() for thread in loads):
        began = time.monotonic()
        assert server.get("/livez")[0] == 200
        slowest = max(slowest, time.monotonic() - began)
        time.sleep(0.02)
    assert slowest < 2
    assert {path.name[:10] for path in (home / "environments").iterdir()}.isdisjoint({"unpacking-"})


def test_what_a_killed_server_was_unpacking_is_cleared_away(repository, start_server, home):
    environments = home / "environments"
    environments.mkdir(mode=0o700)
    for name in ("unpacking-1", "kept"):
        (environments / name / "deep").mkdir(parents=True)
    directory = python_model(repository, "one", TELLS, dtype="TYPE_STRING", extra=named("$$TRITON_MODEL_DIRECTORY/env.tar"))
    archive(None, directory / "env.tar", mode="w", pack=lambda tar, _: [tar.addfile(*member("bin/x", content=b"x"))])
    server = start_server(f"--model-repository={repository}", INTERPRETER, "--model-control-mode=explicit",
                          env={"BUCKLER_HOME": str(home)})
    assert load(server, "one")[0] in (400, 404)
    names = {path.name for path in environments.iterdir()}
    assert "kept" in names and not any(name.startswith("unpacking-") for name in names)

# SPDX-License-Identifier: Apache-2.0
"""Bytecode beside a model's sources: only sources are judged, so only they run."""
import os
import py_compile
import shutil

from conftest import eventually
from python_models import ECHO, model_of, python_model, scripted
from test_python_models import infer, is_ready, output, repository, serve  # noqa: F401


def compiled(code, tmp_path, target):
    """Writes the bytecode of `code` so that an interpreter takes it whatever the source beside it says."""
    source = tmp_path / "other.py"
    source.write_text(code)
    made = py_compile.compile(str(source), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    target.parent.mkdir(exist_ok=True)
    shutil.copy(made, target)
    return os.path.basename(made).split(".", 1)[1]


def test_a_cached_program_does_not_replace_the_source(serve, repository, tmp_path):  # noqa: F811
    version = python_model(repository, "echo", model_of(ECHO)) / "1"
    tag = compiled(scripted("y = x + 1000"), tmp_path, version / "x.pyc")
    (version / "__pycache__").mkdir()
    (version / "x.pyc").rename(version / "__pycache__" / f"model.{tag}")
    server = serve()
    assert output(infer(server, "echo", [1.0])) == [1.0]


def test_modules_beside_it_come_from_their_sources(serve, repository, tmp_path):  # noqa: F811
    code = "import helper\nfrom package.inner import HUNDRED\n" + scripted("y = x + helper.TEN + HUNDRED")
    version = python_model(repository, "helped", code) / "1"
    (version / "helper.py").write_text("TEN = 10\n")
    (version / "package").mkdir()
    (version / "package" / "inner.py").write_text("HUNDRED = 100\n")
    for directory, stem in [(version, "helper"), (version / "package", "inner")]:
        tag = compiled("TEN = HUNDRED = 5000\n", tmp_path, directory / "x.pyc")
        (directory / "__pycache__").mkdir()
        (directory / "x.pyc").rename(directory / "__pycache__" / f"{stem}.{tag}")
    server = serve()
    assert output(infer(server, "helped", [1.0])) == [111.0]


def test_bytecode_alone_is_no_module(serve, repository, tmp_path):  # noqa: F811
    version = python_model(repository, "helped", "import helper\n" + scripted("y = x + helper.TEN")) / "1"
    compiled("TEN = 10\n", tmp_path, version / "helper.pyc")
    server = serve("--exit-on-error=false", "--strict-readiness=false")
    eventually(lambda: "No module named 'helper'" in server.log.read_text())
    assert not is_ready(server, "helped")

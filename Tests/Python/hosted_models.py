# SPDX-License-Identifier: Apache-2.0
"""ONNX models for the tests of workers, and a look at the processes that run them."""
import os
from pathlib import Path

from conftest import ROOT

MODELS = ROOT / "Tests/EnginesTests/Models"


def onnx_model(repository, name, file, extra="", instances=1):
    """A model of the engine's tests."""
    version = repository / name / "1"
    version.mkdir(parents=True)
    (version / "model.onnx").write_bytes((MODELS / file).read_bytes())
    (repository / name / "config.pbtxt").write_text(
        f'backend: "onnxruntime"\ninstance_group {{ kind: KIND_CPU count: {instances} }}\n{extra}\n')
    return repository / name


def children(pid):
    """Of a process and of its children, in turn."""
    found = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *children(int(child))]
    except OSError:
        pass
    return found


def workers(server):
    """Of the processes that run an engine: the launcher may wait outside for one of its own namespace."""
    def is_worker(pid):
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].endswith(b"/buckler-worker")
        except OSError:
            return False
    return [pid for pid in children(server.process.pid) if is_worker(pid)]


def descriptors(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))

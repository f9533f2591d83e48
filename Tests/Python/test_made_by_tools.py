# SPDX-License-Identifier: Apache-2.0
"""Model files as TensorFlow, Keras, PyTorch, NumPy and the others write them: Tests/MadeByTools/make.py."""
import json
import pathlib
import subprocess

import pytest

from conftest import BUCKLER

FILES = pathlib.Path(__file__).parent.parent / "MadeByTools"

EXPECTED = {
    "a.safetensors": ("safetensors", set()),
    "array.npy": ("npy", set()),
    "strings.npy": ("npy", set()),
    "records.npy": ("npy", set()),
    "objects.npy": ("npy", {"objectArray", "pickle"}),
    "arrays.npz": ("npz", set()),
    "plain.joblib": ("joblib", {"pickle"}),
    "packed.joblib": ("zlib", {"pickle", "archive"}),
    "plain.gguf": ("gguf", {"template"}),
    "reaching.gguf": ("gguf", {"template", "templateCode"}),
    "state.pt": ("torchArchive", {"pickle"}),
    "legacy.pt": ("torchLegacy", {"pickle"}),
    "whole.pt": ("torchArchive", {"pickle"}),
    "script.pt": ("torchScript", {"pickle"}),
    "exported.pt2": ("zip", {"pickle", "archive"}),
    "torch.onnx": ("onnx", set()),
    "plain.onnx": ("onnx", set()),
    "external.onnx": ("onnx", set()),
    "dense.keras": ("keras", set()),
    "lambda.keras": ("keras", {"kerasCode"}),
    "dense.h5": ("hdf5", set()),
    "lambda.h5": ("hdf5", {"kerasCode"}),
    "dense.tflite": ("tflite", set()),
    "model.graphdef": ("graphDef", set()),
    "savedmodel-adds/saved_model.pb": ("savedModel", set()),
    "savedmodel-reads/saved_model.pb": ("savedModel", {"fileOperation"}),
    "savedmodel-runspython/saved_model.pb": ("savedModel", {"fileOperation"}),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_is_what_it_is(name):
    run = subprocess.run(
        [BUCKLER, "inspect", "--json", "--brief", str(FILES / name)], capture_output=True, text=True, timeout=60
    )
    inspection = json.loads(run.stdout)[0]
    kinds = {problem["kind"] for problem in inspection["problems"]}
    assert (inspection["format"], kinds) == EXPECTED[name], inspection
    assert run.returncode == (1 if kinds else 0)


def test_all_are_expected():
    made = {str(path.relative_to(FILES)) for path in FILES.rglob("*") if path.is_file()}
    beside = {name for name in made if "/variables/" in name or name.endswith("/fingerprint.pb")}
    assert made - beside - {"make.py", "external.data"} == set(EXPECTED)

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trains the example model on scikit-learn's handwritten digits and exports it to ONNX.

    python3 -m venv .venv && .venv/bin/pip install scikit-learn==1.9.1 onnx==1.23.2
    .venv/bin/python Examples/train_digits.py

Writes, beside itself: models/digits/1/model.onnx, models/digits/labels.txt and digits.csv, the held-out digits that no
training step has seen: one digit a line, its label first, then 64 brightness values from 0 to 16, row by row.
"""
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

HERE = Path(__file__).parent
SEED = 20


def network(classifier: MLPClassifier) -> onnx.ModelProto:
    """image [N, 64] in 0..16 -> probabilities [N, 10]; the scaling to 0..1 is part of the graph."""
    initializers = [numpy_helper.from_array(np.array(1 / 16, dtype=np.float32), "scale")]
    nodes = [helper.make_node("Mul", ["image", "scale"], ["h0"])]
    last = len(classifier.coefs_) - 1
    for i, (weight, bias) in enumerate(zip(classifier.coefs_, classifier.intercepts_)):
        initializers += [
            numpy_helper.from_array(weight.astype(np.float32), f"w{i}"),
            numpy_helper.from_array(bias.astype(np.float32), f"b{i}"),
        ]
        nodes.append(helper.make_node("Gemm", [f"h{i}", f"w{i}", f"b{i}"], [f"z{i}"]))
        nodes.append(
            helper.make_node("Softmax", [f"z{i}"], ["probabilities"], axis=1)
            if i == last
            else helper.make_node("Relu", [f"z{i}"], [f"h{i + 1}"])
        )
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 64])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 10])],
        initializers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def main() -> None:
    digits = load_digits()
    train_x, test_x, train_y, test_y = train_test_split(
        digits.data, digits.target, test_size=0.2, random_state=SEED, stratify=digits.target
    )
    classifier = MLPClassifier((128, 64), alpha=1e-3, max_iter=400, random_state=SEED)
    classifier.fit(train_x / 16, train_y)
    print(f"accuracy on {len(test_y)} held-out digits: {classifier.score(test_x / 16, test_y):.4f}")

    directory = HERE / "models" / "digits"
    (directory / "1").mkdir(parents=True, exist_ok=True)
    onnx.save(network(classifier), directory / "1" / "model.onnx")
    names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    (directory / "labels.txt").write_text("\n".join(names) + "\n")
    rows = [",".join(str(int(v)) for v in (label, *pixels)) for label, pixels in zip(test_y, test_x)]
    (HERE / "digits.csv").write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()

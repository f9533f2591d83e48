# SPDX-License-Identifier: Apache-2.0
"""The example model, asked about every digit that its training has not seen."""
import csv

import numpy as np
import tritonclient.http as http
from conftest import ROOT

# What Examples/train_digits.py printed when the committed model was made: 353 of 360.
ACCURACY = 353 / 360


def test_accuracy_on_held_out_digits(server):
    with open(ROOT / "Examples/digits.csv", newline="") as file:
        rows = np.array([[int(value) for value in row] for row in csv.reader(file)])
    labels, images = rows[:, 0], rows[:, 1:].astype(np.float32)
    assert len(rows) == 360
    seen = []
    with http.InferenceServerClient(server.url) as client:
        for start in range(0, len(images), 60):
            batch = images[start : start + 60]
            tensor = http.InferInput("image", batch.shape, "FP32")
            tensor.set_data_from_numpy(batch)
            seen.append(client.infer("digits", [tensor]).as_numpy("probabilities").argmax(axis=1))
    accuracy = float(np.mean(np.concatenate(seen) == labels))
    assert accuracy >= ACCURACY - 0.003, accuracy


def test_labels(server):
    with http.InferenceServerClient(server.url) as client:
        tensor = http.InferInput("image", [1, 64], "FP32")
        tensor.set_data_from_numpy(np.zeros((1, 64), np.float32))
        output = http.InferRequestedOutput("probabilities", class_count=10)
        answer = client.infer("digits", [tensor], outputs=[output]).as_numpy("probabilities")
    assert answer.shape == (1, 10)
    assert {text.decode().split(":")[2] for text in answer[0]} == set(
        "zero one two three four five six seven eight nine".split()
    )

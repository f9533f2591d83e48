# SPDX-License-Identifier: Apache-2.0
"""Turns texts into rows of tokens; refuses what is too long or no text."""
import json
import os

import numpy as np
import triton_python_backend_utils as pb_utils

MODELS = "/models"
ROW = 128
MAX_BATCH = 32


class TritonPythonModel:
    def initialize(self, args):
        if os.environ.get("TRITON_SANDBOX") != "true":
            raise RuntimeError("this model runs in a sandbox only")
        directory = os.path.realpath(os.path.join(args["model_repository"], args["model_version"]))
        if os.path.commonpath([directory, MODELS]) != MODELS:
            raise RuntimeError("the model lies outside of the repository")
        with open(os.path.join(directory, "vocabulary.json"), encoding="utf-8") as file:
            self.vocabulary = json.load(file)
        parameters = json.loads(args["model_config"])["parameters"]
        self.max_characters = int(parameters["max_characters"]["string_value"])

    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        try:
            texts = pb_utils.get_input_tensor_by_name(request, "text").as_numpy()
            if texts.ndim != 2 or texts.shape[0] > MAX_BATCH or texts.shape[1] != 1:
                raise ValueError("a batch of at most 32 texts is needed")
            rows = [self.tokens(text) for text in texts[:, 0]]
            tensor = pb_utils.Tensor("tokens", np.array(rows, dtype=np.int64))
            return pb_utils.InferenceResponse(output_tensors=[tensor])
        except ValueError as error:
            return pb_utils.InferenceResponse(error=pb_utils.TritonError(str(error)))

    def tokens(self, text):
        if len(text) > self.max_characters:
            raise ValueError("a text is too long")
        words = text.decode("utf-8").lower().split()[:ROW]
        numbers = [self.vocabulary.get(word, 0) for word in words]
        return numbers + [0] * (ROW - len(numbers))

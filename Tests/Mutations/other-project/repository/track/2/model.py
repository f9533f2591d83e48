# SPDX-License-Identifier: Apache-2.0
"""Follows each turbine from window to window: asks the ensemble for a score and says where the scores are heading."""
import collections
import json
import pathlib

import numpy as np
import triton_python_backend_utils as pb_utils

TURBINES = 1024
LONGEST = 64
PATIENCE_US = 2_000_000


def one(request, name):
    return int(pb_utils.get_input_tensor_by_name(request, name).as_numpy().flat[0])


class TritonPythonModel:
    def initialize(self, args):
        here = pathlib.Path(args["model_repository"], args["model_version"]).resolve()
        with (here / "limits.json").open(encoding="utf-8") as file:
            self.limits = json.load(file)
        self.memory = int(json.loads(args["model_config"])["parameters"]["memory"]["string_value"])
        if not 1 <= self.memory <= LONGEST:
            raise pb_utils.TritonModelException("the memory has to be from 1 to 64 windows")
        self.tracks = collections.OrderedDict()

    def execute(self, requests):
        responses = []
        for request in requests:
            try:
                responses.append(pb_utils.InferenceResponse(self.follow(request)))
            except (KeyError, ValueError) as problem:
                pb_utils.Logger.log_warn(f"turbine refused: {problem}")
                responses.append(pb_utils.InferenceResponse(error=pb_utils.TritonError(str(problem))))
        return responses

    def follow(self, request):
        turbine = one(request, "TURBINE")
        if not self.limits["first"] <= turbine <= self.limits["last"]:
            raise ValueError("no such turbine")
        if one(request, "START"):
            self.tracks[turbine] = collections.deque(maxlen=self.memory)
            while len(self.tracks) > TURBINES:
                self.tracks.popitem(last=False)
        track = self.tracks[turbine]
        samples = pb_utils.get_input_tensor_by_name(request, "SAMPLES")
        if not np.isfinite(samples.as_numpy()).all():
            raise ValueError("samples have to be finite")
        asked = pb_utils.InferenceRequest(
            model_name="alarm", requested_output_names=["SCORE"], inputs=[samples], timeout=PATIENCE_US)
        answer = asked.exec(decoupled=False)
        if answer.has_error():
            raise ValueError("the ensemble has no score")
        score = pb_utils.get_output_tensor_by_name(answer, "SCORE").as_numpy()
        track.append(float(score.flat[0]))
        trend = np.array([[track[-1] - track[0]]], dtype=np.float32)
        if one(request, "END"):
            del self.tracks[turbine]
        return [pb_utils.Tensor("SCORE", score), pb_utils.Tensor("TREND", trend)]

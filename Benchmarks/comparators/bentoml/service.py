# SPDX-License-Identifier: Apache-2.0
"""The model that MODEL_FILE names as a BentoML service: one worker, adaptive batching, one engine thread."""
import os

import bentoml
import numpy as np
import onnxruntime


@bentoml.service(workers=1, traffic={"timeout": 60}, logging={"access": {"enabled": False}})
class Classifier:
    def __init__(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = int(os.environ.get("ENGINE_THREADS", "1"))
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(os.environ["MODEL_FILE"], options)

    @bentoml.api(batchable=True, batch_dim=0, max_batch_size=64, max_latency_ms=1000)
    def infer(self, inputs: np.ndarray) -> np.ndarray:
        return self.session.run(None, {"INPUT0": inputs.astype(np.float32)})[0]

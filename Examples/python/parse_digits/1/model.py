# SPDX-License-Identifier: Apache-2.0
"""Turns texts of 64 numbers with commas between them into images of 8 by 8 pixels."""
import numpy as np
import triton_python_backend_utils as pb_utils

PIXELS = 64


class TritonPythonModel:
    def execute(self, requests):
        responses = []
        for request in requests:
            texts = pb_utils.get_input_tensor_by_name(request, "text").as_numpy()
            try:
                images = np.array([self.image(text) for text in texts[:, 0]], dtype=np.float32)
            except ValueError as error:
                # The other requests of the batch are not to blame.
                wrong = pb_utils.TritonError(str(error), pb_utils.TritonError.INVALID_ARG)
                responses.append(pb_utils.InferenceResponse(error=wrong))
                continue
            responses.append(pb_utils.InferenceResponse([pb_utils.Tensor("image", images)]))
        return responses

    def image(self, text):
        values = [float(word) for word in text.decode("utf-8").split(",")]
        if len(values) != PIXELS:
            raise ValueError(f"an image has {PIXELS} pixels, not {len(values)}")
        return values

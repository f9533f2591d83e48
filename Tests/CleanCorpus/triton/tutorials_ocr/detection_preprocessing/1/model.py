# After the conceptual guide on ensembles of Triton's tutorials: images are decoded and scaled.
import io
import json

import cv2
import numpy as np
import triton_python_backend_utils as pb_utils
from PIL import Image


class TritonPythonModel:
    def initialize(self, args):
        config = json.loads(args["model_config"])
        output = pb_utils.get_output_config_by_name(config, "detection_preprocessing_output")
        self.dtype = pb_utils.triton_string_to_numpy(output["data_type"])

    def scaled(self, image, longest=480):
        height, width = image.shape[:2]
        factor = longest / max(height, width)
        image = cv2.resize(image, (int(width * factor), int(height * factor)))
        image = image.astype(np.float32) - np.array([123.68, 116.78, 103.94], dtype=np.float32)
        return np.expand_dims(image, axis=0)

    def execute(self, requests):
        answers = []
        for request in requests:
            given = pb_utils.get_input_tensor_by_name(request, "detection_preprocessing_input")
            image = np.array(Image.open(io.BytesIO(given.as_numpy().tobytes())))
            made = pb_utils.Tensor("detection_preprocessing_output", self.scaled(image).astype(self.dtype))
            answers.append(pb_utils.InferenceResponse(output_tensors=[made]))
        return answers

    def finalize(self):
        print("Cleaning up...")

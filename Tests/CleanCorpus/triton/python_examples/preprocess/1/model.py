# After the preprocessing example of Triton's Python backend: images for ResNet-50.
import io
import json

import numpy as np
import torchvision.transforms as transforms
import triton_python_backend_utils as pb_utils
from PIL import Image


class TritonPythonModel:
    def initialize(self, args):
        config = json.loads(args["model_config"])
        self.dtype = pb_utils.triton_string_to_numpy(
            pb_utils.get_output_config_by_name(config, "OUTPUT_0")["data_type"])
        self.loader = transforms.Compose([
            transforms.Resize([224, 224]),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]),
        ])

    def execute(self, requests):
        answers = []
        for request in requests:
            given = pb_utils.get_input_tensor_by_name(request, "INPUT_0")
            image = Image.open(io.BytesIO(given.as_numpy().tobytes()))
            made = np.array(self.loader(image).unsqueeze(0))
            answers.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT_0", made.astype(self.dtype))]))
        return answers

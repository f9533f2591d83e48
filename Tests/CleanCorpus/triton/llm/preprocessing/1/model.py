# After the preprocessing model of Triton's TensorRT-LLM backend: text to token ids.
import json

import numpy as np
import triton_python_backend_utils as pb_utils
from transformers import AutoTokenizer


class TritonPythonModel:
    def initialize(self, args):
        config = json.loads(args["model_config"])
        directory = config["parameters"]["tokenizer_dir"]["string_value"]
        self.tokenizer = AutoTokenizer.from_pretrained(directory, legacy=False, padding_side="left")
        self.tokenizer.pad_token = self.tokenizer.eos_token

    def execute(self, requests):
        answers = []
        for request in requests:
            query = pb_utils.get_input_tensor_by_name(request, "QUERY").as_numpy()
            wanted = pb_utils.get_input_tensor_by_name(request, "REQUEST_OUTPUT_LEN").as_numpy()
            ids = [np.array(self.tokenizer.encode(text[0].decode())).astype(np.int32) for text in query]
            lengths = np.array([[len(one)] for one in ids], dtype=np.int32)
            padded = np.stack([np.pad(one, (0, int(lengths.max()) - len(one))) for one in ids])
            answers.append(pb_utils.InferenceResponse(output_tensors=[
                pb_utils.Tensor("INPUT_ID", padded),
                pb_utils.Tensor("REQUEST_INPUT_LEN", lengths),
                pb_utils.Tensor("REQUEST_OUTPUT_LEN", wanted),
            ]))
        return answers

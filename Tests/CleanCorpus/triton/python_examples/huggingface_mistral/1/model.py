# After the Hugging Face example of Triton's quick deployments: a text-generation pipeline.
import json

import numpy as np
import torch
import transformers
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        self.logger = pb_utils.Logger
        parameters = json.loads(args["model_config"]).get("parameters", {})
        name = parameters["huggingface_model"]["string_value"]
        self.longest = int(parameters.get("max_output_length", {}).get("string_value", "15"))
        self.logger.log_info(f"loading {name}, at most {self.longest} tokens")
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(name)
        self.pipeline = transformers.pipeline(
            "text-generation", model=name, torch_dtype=torch.float16, tokenizer=self.tokenizer, device_map="auto")
        self.pipeline.tokenizer.pad_token_id = self.tokenizer.eos_token_id

    def execute(self, requests):
        answers = []
        for request in requests:
            prompt = pb_utils.get_input_tensor_by_name(request, "text_input").as_numpy()[0].decode("utf-8")
            made = self.pipeline(prompt, max_length=self.longest, return_full_text=False)
            texts = np.array([one["generated_text"] for one in made], dtype=np.object_)
            answers.append(pb_utils.InferenceResponse([pb_utils.Tensor("text", texts)]))
        return answers

# After the stable diffusion pipeline of Triton's tutorials: parts of it are models of their own.
import json

import numpy as np
import torch
import triton_python_backend_utils as pb_utils
from diffusers import LMSDiscreteScheduler, UNet2DConditionModel
from torch.utils.dlpack import from_dlpack, to_dlpack
from transformers import CLIPTokenizer


class TritonPythonModel:
    def initialize(self, args):
        output = pb_utils.get_output_config_by_name(json.loads(args["model_config"]), "generated_image")
        self.dtype = pb_utils.triton_string_to_numpy(output["data_type"])
        self.tokenizer = CLIPTokenizer.from_pretrained("openai/clip-vit-large-patch14")
        self.scheduler = LMSDiscreteScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", num_train_timesteps=1000)
        self.unet = UNet2DConditionModel.from_pretrained(
            "CompVis/stable-diffusion-v1-4", subfolder="unet", torch_dtype=torch.float16).to("cuda")

    def ask(self, model, output, tensor):
        answer = pb_utils.InferenceRequest(
            model_name=model, requested_output_names=[output], inputs=[tensor]).exec()
        if answer.has_error():
            raise pb_utils.TritonModelException(answer.error().message())
        return from_dlpack(pb_utils.get_output_tensor_by_name(answer, output).to_dlpack())

    def execute(self, requests):
        answers = []
        for request in requests:
            prompt = pb_utils.get_input_tensor_by_name(request, "prompt").as_numpy()[0][0].decode()
            tokens = self.tokenizer(
                ["", prompt], padding="max_length", max_length=self.tokenizer.model_max_length,
                truncation=True, return_tensors="pt").input_ids
            embedded = self.ask(
                "text_encoder", "last_hidden_state", pb_utils.Tensor("input_ids", tokens.numpy().astype(np.int32)))
            latents = torch.randn((1, self.unet.config.in_channels, 64, 64)).to("cuda")
            self.scheduler.set_timesteps(50)
            for step in self.scheduler.timesteps:
                with torch.no_grad():
                    noise = self.unet(torch.cat([latents] * 2), step, encoder_hidden_states=embedded)["sample"]
                latents = self.scheduler.step(noise.chunk(2)[0], step, latents)["prev_sample"]
            image = self.ask("vae", "sample", pb_utils.Tensor.from_dlpack("latent_sample", to_dlpack(latents)))
            image = (image / 2 + 0.5).clamp(0, 1).cpu().permute(0, 2, 3, 1).numpy()
            answers.append(pb_utils.InferenceResponse([
                pb_utils.Tensor("generated_image", image.astype(self.dtype))]))
        return answers

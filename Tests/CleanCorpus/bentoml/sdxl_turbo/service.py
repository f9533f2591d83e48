# After BentoML's SDXL turbo example.
import bentoml
from annotated_types import Ge, Le
from PIL.Image import Image
from typing_extensions import Annotated

MODEL_ID = "stabilityai/sdxl-turbo"

sample_prompt = "A lighthouse on a cliff at dawn, watercolour."


@bentoml.service(
    traffic={"timeout": 300, "external_queue": True, "concurrency": 1},
    workers=1,
    resources={"gpu": 1, "gpu_type": "nvidia-l4"},
)
class SDXLTurbo:
    def __init__(self) -> None:
        import torch
        from diffusers import AutoPipelineForText2Image

        self.pipe = AutoPipelineForText2Image.from_pretrained(MODEL_ID, torch_dtype=torch.float16, variant="fp16")
        self.pipe.to(device="cuda")

    @bentoml.api
    def txt2img(
        self,
        prompt: str = sample_prompt,
        num_inference_steps: Annotated[int, Ge(1), Le(10)] = 1,
        guidance_scale: float = 0.0,
    ) -> Image:
        return self.pipe(
            prompt=prompt, num_inference_steps=num_inference_steps, guidance_scale=guidance_scale).images[0]

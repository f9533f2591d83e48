# After BentoML's vLLM example: a service with OpenAI's routes.
import uuid
from typing import AsyncGenerator

import bentoml
import fastapi
from annotated_types import Ge, Le
from typing_extensions import Annotated

MAX_TOKENS = 1024
MODEL_ID = "meta-llama/Meta-Llama-3.1-8B-Instruct"
SYSTEM_PROMPT = "You are a helpful and honest assistant."

openai_api_app = fastapi.FastAPI()


@bentoml.asgi_app(openai_api_app, path="/v1")
@bentoml.service(
    name="bentovllm-llama3.1-8b-instruct-service",
    traffic={"timeout": 300, "concurrency": 256},
    resources={"gpu": 1, "gpu_type": "nvidia-l4"},
)
class VLLM:
    model = bentoml.models.HuggingFaceModel(MODEL_ID)

    def __init__(self) -> None:
        from transformers import AutoTokenizer
        from vllm import AsyncEngineArgs, AsyncLLMEngine

        self.engine = AsyncLLMEngine.from_engine_args(AsyncEngineArgs(model=self.model, max_model_len=MAX_TOKENS))
        self.tokenizer = AutoTokenizer.from_pretrained(self.model)

    @bentoml.api
    async def generate(
        self,
        prompt: str = "Who are you?",
        max_tokens: Annotated[int, Ge(128), Le(MAX_TOKENS)] = MAX_TOKENS,
    ) -> AsyncGenerator[str, None]:
        from vllm import SamplingParams

        chat = [dict(role="system", content=SYSTEM_PROMPT), dict(role="user", content=prompt)]
        text = self.tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
        stream = await self.engine.add_request(uuid.uuid4().hex, text, SamplingParams(max_tokens=max_tokens))
        seen = 0
        async for output in stream:
            made = output.outputs[0].text
            yield made[seen:]
            seen = len(made)

# After BentoML's quick start: summarization.
from __future__ import annotations

import bentoml

with bentoml.importing():
    from transformers import pipeline

EXAMPLE_INPUT = "Breaking news: a harbour seal has learned to open the lock of the old canal."


@bentoml.service(resources={"cpu": "4"}, traffic={"timeout": 30})
class Summarization:
    def __init__(self) -> None:
        self.pipeline = pipeline("summarization", device="cpu")

    @bentoml.api
    def summarize(self, text: str = EXAMPLE_INPUT) -> str:
        made = self.pipeline(text)
        return f"Hello world! Here's your summary: {made[0]['summary_text']}"

# After BentoML's WhisperX example: speech to text.
import os
import typing as t
from pathlib import Path

import bentoml

LANGUAGE_CODE = "en"


@bentoml.service(traffic={"timeout": 30, "concurrency": 8}, resources={"gpu": 1, "memory": "8Gi"})
class WhisperX:
    def __init__(self):
        import torch
        import whisperx

        self.batch_size = 16
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        kind = "float16" if torch.cuda.is_available() else "int8"
        self.model = whisperx.load_model("large-v2", self.device, compute_type=kind, language=LANGUAGE_CODE)
        self.align, self.metadata = whisperx.load_align_model(language_code=LANGUAGE_CODE, device=self.device)

    @bentoml.api
    def transcribe(self, audio_file: Path) -> t.Dict:
        import whisperx

        audio = whisperx.load_audio(audio_file)
        result = self.model.transcribe(audio, batch_size=self.batch_size)
        return whisperx.align(result["segments"], self.align, self.metadata, audio, self.device)

# After BentoML's sentence embeddings example.
from __future__ import annotations

import typing as t

import bentoml
import numpy as np

MODEL_ID = "sentence-transformers/all-MiniLM-L6-v2"


@bentoml.service(traffic={"timeout": 60, "concurrency": 32}, resources={"gpu": "1", "gpu_type": "nvidia-tesla-t4"})
class Embeddings:
    model_path = bentoml.models.HuggingFaceModel(MODEL_ID)

    def __init__(self) -> None:
        import torch
        from sentence_transformers import SentenceTransformer

        self.model = SentenceTransformer(self.model_path, device="cuda" if torch.cuda.is_available() else "cpu")

    @bentoml.api(batchable=True)
    def encode(self, sentences: t.List[str]) -> np.ndarray:
        return self.model.encode(sentences)

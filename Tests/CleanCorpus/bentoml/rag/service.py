# After BentoML's tutorial on retrieval: files are indexed, questions answered.
from pathlib import Path
from typing import Annotated

import bentoml
from bentoml.validators import ContentType
from pydantic import Field


@bentoml.service(traffic={"timeout": 600})
class EmbeddingService:
    def __init__(self) -> None:
        from sentence_transformers import SentenceTransformer

        self.model = SentenceTransformer("sentence-transformers/all-MiniLM-L6-v2")

    @bentoml.api(batchable=True)
    def embed(self, texts: list[str]) -> list[list[float]]:
        return self.model.encode(texts).tolist()


@bentoml.service(resources={"cpu": "1"}, traffic={"concurrency": 5})
class RAGService:
    embedder = bentoml.depends(EmbeddingService)

    def __init__(self) -> None:
        self.chunks: list[tuple[str, list[float]]] = []

    @bentoml.api
    def ingest_text(self, txt: Annotated[Path, ContentType("text/plain")]) -> str:
        text = txt.read_text()
        pieces = [text[start:start + 500] for start in range(0, len(text), 500)]
        self.chunks += zip(pieces, self.embedder.embed(pieces))
        return "Successfully loaded"

    @bentoml.api
    def query(self, query: Annotated[str, Field(max_length=2000)] = "Which states does the document name?") -> str:
        wanted = self.embedder.embed([query])[0]
        best = max(self.chunks, key=lambda chunk: sum(a * b for a, b in zip(chunk[1], wanted)))
        return best[0]

# After BentoML's newer quick start: the image is described in the source.
import bentoml

image = bentoml.images.Image(python_version="3.11").python_packages("torch", "transformers")


@bentoml.service(image=image, resources={"cpu": "2"}, traffic={"timeout": 30})
class Summarization:
    model = bentoml.models.HuggingFaceModel("sshleifer/distilbart-cnn-12-6")

    def __init__(self) -> None:
        from transformers import pipeline

        self.pipeline = pipeline("summarization", model=self.model)

    @bentoml.api(batchable=True)
    def summarize(self, texts: list[str]) -> list[str]:
        return [one["summary_text"] for one in self.pipeline(texts)]

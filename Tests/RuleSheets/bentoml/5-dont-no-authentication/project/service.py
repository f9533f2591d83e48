import bentoml
from bentoml.io import JSON
from pydantic import BaseModel, Field


class Prediction(BaseModel):
    data: list[float] = Field(..., max_length=1000)


runner = bentoml.pytorch.get("model:v1").to_runner(max_batch_size=32, max_latency_ms=1000)
svc = bentoml.Service("api", runners=[runner])


@svc.api(input=JSON(pydantic_model=Prediction), output=JSON())
async def predict(data: Prediction):
    return await runner.run(data.data)

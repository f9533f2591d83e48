import bentoml
import numpy as np
from bentoml.io import JSON
from pydantic import BaseModel, Field, validator


class PredictionInput(BaseModel):
    data: list[float] = Field(..., max_items=10000)
    options: dict = Field(default={})

    @validator("data")
    def validate_data(cls, v):
        if len(v) == 0:
            raise ValueError("Empty data")
        if any(not isinstance(x, (int, float)) for x in v):
            raise ValueError("Invalid data type")
        return v

    @validator("options")
    def validate_options(cls, v):
        allowed_keys = {"threshold", "top_k"}
        if not set(v.keys()).issubset(allowed_keys):
            raise ValueError("Invalid options")
        return v


class PredictionOutput(BaseModel):
    result: list[float]
    confidence: float


runner = bentoml.pytorch.get("secure_model:latest").to_runner()

svc = bentoml.Service("secure_service", runners=[runner])


@svc.api(
    input=JSON(pydantic_model=PredictionInput),
    output=JSON(pydantic_model=PredictionOutput),
    route="/predict",
)
async def predict(input_data: PredictionInput) -> PredictionOutput:
    arr = np.array(input_data.data, dtype=np.float32)
    if arr.nbytes > 10_000_000:  # 10MB limit
        raise ValueError("Input too large")
    result = await runner.predict.async_run(arr)
    return PredictionOutput(result=result.tolist(), confidence=float(result.max()))


@svc.api(input=JSON(), output=JSON(), route="/health")
async def health():
    return {"status": "healthy"}

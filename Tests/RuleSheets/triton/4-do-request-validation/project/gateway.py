import numpy as np
from pydantic import BaseModel, validator


class InferenceRequest(BaseModel):
    model_name: str
    inputs: dict
    request_id: str

    @validator("model_name")
    def validate_model(cls, v):
        allowed = ["classifier", "detector", "embedder"]
        if v not in allowed:
            raise ValueError(f"Model not allowed: {v}")
        return v

    @validator("inputs")
    def validate_inputs(cls, v):
        for name, data in v.items():
            arr = np.array(data)
            if arr.nbytes > 10_000_000:  # 10MB limit
                raise ValueError(f"Input {name} too large")
        return v

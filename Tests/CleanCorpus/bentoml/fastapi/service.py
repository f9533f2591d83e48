# After BentoML's example with FastAPI of the 1.0 series.
import bentoml
import numpy as np
import pandas as pd
from bentoml.io import JSON, NumpyNdarray
from fastapi import FastAPI
from pydantic import BaseModel


class IrisFeatures(BaseModel):
    sepal_len: float
    sepal_width: float
    petal_len: float
    petal_width: float


runner = bentoml.sklearn.get("iris_clf_with_feature_names:latest").to_runner()
svc = bentoml.Service("iris_fastapi_demo", runners=[runner])


@svc.api(input=JSON(pydantic_model=IrisFeatures), output=NumpyNdarray())
async def predict_bentoml(input_data: IrisFeatures) -> np.ndarray:
    return await runner.predict.async_run(pd.DataFrame([input_data.dict()]))


fastapi_app = FastAPI()
svc.mount_asgi_app(fastapi_app)


@fastapi_app.get("/metadata")
def metadata():
    model = bentoml.models.get("iris_clf_with_feature_names:latest")
    return {"name": model.tag.name, "version": model.tag.version}

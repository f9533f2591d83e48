import bentoml
from bentoml.io import JSON

runner = bentoml.pytorch.get("model:v1").to_runner(max_batch_size=32, max_latency_ms=1000)
svc = bentoml.Service("service", runners=[runner])


@svc.api(input=JSON(), output=JSON())
async def predict(input_data: dict):
    # Accept any structure
    return await runner.predict.async_run(input_data)

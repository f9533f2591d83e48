import bentoml
from bentoml.io import NumpyNdarray

runner = bentoml.pytorch.get("model:v1").to_runner(max_batch_size=32, max_latency_ms=1000)
svc = bentoml.Service("service", runners=[runner])


@svc.api(
    input=NumpyNdarray(),  # Any size array
    output=NumpyNdarray()
)
async def process(arr):
    return runner.run(arr)  # Could be huge

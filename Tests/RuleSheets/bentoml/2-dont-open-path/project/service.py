import bentoml
from bentoml.io import JSON

svc = bentoml.Service("service")


@svc.api(input=JSON(), output=JSON())
async def read_file(input_data: dict):
    path = input_data.get("path")
    return open(path).read()  # Path traversal

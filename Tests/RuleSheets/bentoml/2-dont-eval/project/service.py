import bentoml
from bentoml.io import JSON

svc = bentoml.Service("service")


@svc.api(input=JSON(), output=JSON())
async def execute(input_data: dict):
    code = input_data.get("code")
    return eval(code)  # Never do this

import hmac
import logging
import os
from collections import OrderedDict
from time import time

import bentoml
from bentoml.io import JSON
from pydantic import BaseModel, Field
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse


class AuthMiddleware:
    def __init__(self, app):
        self.app = app
        self.valid_keys = [key for key in os.environ["API_KEYS"].split(",") if key]
        if not self.valid_keys:
            raise ValueError("API_KEYS not configured")

    def is_valid(self, api_key: str) -> bool:
        return any(hmac.compare_digest(api_key, key) for key in self.valid_keys)

    async def __call__(self, scope, receive, send):
        if scope["type"] in ("http", "websocket"):
            headers = dict(scope.get("headers", []))
            api_key = headers.get(b"x-api-key", b"").decode()
            if not self.is_valid(api_key):
                response = JSONResponse({"error": "Unauthorized"}, status_code=401)
                await response(scope, receive, send)
                return
        await self.app(scope, receive, send)


class RateLimitMiddleware:
    def __init__(self, app, requests_per_minute: int = 60):
        self.app = app
        self.rpm = requests_per_minute
        self.requests = OrderedDict()

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            client = scope.get("client", ("unknown", 0))[0]
            now = time()
            recent = [t for t in self.requests.pop(client, []) if now - t < 60]
            if len(recent) >= self.rpm:
                response = JSONResponse({"error": "Rate limit exceeded"}, status_code=429)
                await response(scope, receive, send)
                return
            self.requests[client] = recent + [now]
            while len(self.requests) > 10_000:
                self.requests.popitem(last=False)
        await self.app(scope, receive, send)


class PredictionInput(BaseModel):
    data: list[float] = Field(..., max_length=1000)


logger = logging.getLogger("bentoml.security")
runner = bentoml.pytorch.get("model:v1").to_runner(max_batch_size=32, max_latency_ms=1000)
svc = bentoml.Service("secure_api", runners=[runner])

svc.add_asgi_middleware(AuthMiddleware)
svc.add_asgi_middleware(RateLimitMiddleware, requests_per_minute=100)
svc.add_asgi_middleware(
    CORSMiddleware,
    allow_origins=["https://trusted-domain.com"],
    allow_methods=["POST"],
    allow_headers=["X-API-Key"],
)


@svc.api(input=JSON(pydantic_model=PredictionInput), output=JSON())
async def predict(input_data: PredictionInput, ctx: bentoml.Context) -> dict:
    logger.info(
        "Prediction request",
        extra={
            "client_ip": ctx.request.client.host,
            "input_size": len(str(input_data)),
            "timestamp": time(),
        },
    )
    result = await runner.predict.async_run(input_data.data)
    return {"result": result}

# SPDX-License-Identifier: Apache-2.0
"""Moderation of texts: who calls is known, counted and written down, and what is sent has a form."""
import hmac
import logging
import os
import ssl
import urllib.request
from collections import OrderedDict
from pathlib import Path
from time import time

import bentoml
import numpy as np
from bentoml.io import JSON
from pydantic import BaseModel, ConfigDict, Field
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse

POLICIES = {"strict", "lenient"}
POLICY_DIRECTORY = Path("/srv/policies")
MAX_BYTES = 1_000_000
MAX_CLIENTS = 10_000

logger = logging.getLogger("moderation.audit")


class AuthMiddleware:
    def __init__(self, app):
        self.app = app
        self.keys = [key.encode() for key in os.environ["API_KEYS"].split(",") if len(key) >= 32]
        if not self.keys:
            raise ValueError("API_KEYS has no key of 32 characters or more")

    def is_known(self, sent):
        return any(hmac.compare_digest(sent, key) for key in self.keys)

    async def __call__(self, scope, receive, send):
        if scope["type"] in ("http", "websocket"):
            headers = dict(scope["headers"])
            if not self.is_known(headers.get(b"x-api-key", b"")):
                response = JSONResponse({"error": "unauthorized"}, status_code=401)
                await response(scope, receive, send)
                return
        await self.app(scope, receive, send)


class RateLimitMiddleware:
    def __init__(self, app, requests_per_minute):
        self.app = app
        self.limit = requests_per_minute
        self.clients = OrderedDict()

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            client, now = scope["client"][0], time()
            recent = [at for at in self.clients.pop(client, []) if now - at < 60]
            if len(recent) >= self.limit:
                response = JSONResponse({"error": "too many requests"}, status_code=429)
                await response(scope, receive, send)
                return
            self.clients[client] = recent + [now]
            while len(self.clients) > MAX_CLIENTS:
                self.clients.popitem(last=False)
        await self.app(scope, receive, send)


class Text(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field(..., min_length=1, max_length=4096)
    policy: str = Field(default="strict", max_length=16)
    weights: list[float] = Field(default=[1.0], max_length=128)


runner = bentoml.onnx.get("moderation:v7").to_runner(name="moderation", max_batch_size=32, max_latency_ms=1000)
svc = bentoml.Service("moderation", runners=[runner])
svc.add_asgi_middleware(AuthMiddleware)
svc.add_asgi_middleware(RateLimitMiddleware, requests_per_minute=120)
svc.add_asgi_middleware(
    CORSMiddleware,
    allow_origins=["https://desk.example.org"],
    allow_methods=["POST"],
    allow_headers=["X-API-Key"],
    allow_credentials=False,
)


def read_policy(name):
    if name not in POLICIES:
        raise ValueError("no such policy")
    return (POLICY_DIRECTORY / f"{name}.txt").read_text(encoding="utf-8")


def report(count):
    context = ssl.create_default_context(cafile="/certs/ca.crt")
    request = urllib.request.Request("https://reports.example.org/count", data=str(int(count)).encode())
    with urllib.request.urlopen(request, timeout=5, context=context) as answer:
        return answer.status == 200


@svc.api(input=JSON(pydantic_model=Text), output=JSON(), route="/moderate")
async def moderate(text: Text, ctx: bentoml.Context) -> dict:
    weights = np.asarray(text.weights, dtype=np.float32)
    if weights.nbytes > MAX_BYTES:
        raise ValueError("too many weights")
    logger.info(
        "moderate",
        extra={
            "client": ctx.request.client.host,
            "length": len(text.text),
            "policy": text.policy,
        },
    )
    policy = read_policy(text.policy)
    scores = await runner.async_run(text.text, policy, weights)
    return {"scores": [float(score) for score in scores]}

# SPDX-License-Identifier: Apache-2.0
"""Reports on wind turbines: windows of vibration go to Triton, and what it says is put into words."""
import hashlib
import hmac
import json
import logging
import time
from pathlib import Path
from typing import Literal

import bentoml
import numpy as np
import tritonclient.grpc.aio as grpc_client
from bentoml.exceptions import ServiceUnavailable
from pydantic import BaseModel, ConfigDict, Field
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import JSONResponse

Part = Literal["hub", "gearbox", "tower"]
PROBES = frozenset({"/livez", "/readyz"})
LARGEST_BODY = 64 * 1024
PER_MINUTE = 90
WORDS = {"hub": "The hub", "gearbox": "The gearbox", "tower": "The tower"}

journal = logging.getLogger("bentoml.journal")


def refusal(status, why):
    return JSONResponse({"error": why}, status_code=status)


class Gate(BaseHTTPMiddleware):
    """Lets known callers in, each by the digest of a token, and writes down what each of them does."""

    def __init__(self, app, callers):
        super().__init__(app)
        self.digests = json.loads(Path(callers).read_text(encoding="utf-8"))
        if not self.digests or not all(len(digest) == 64 for digest in self.digests.values()):
            raise RuntimeError("callers need digests of their tokens")
        self.counts = {name: (0, 0) for name in self.digests}

    def caller(self, request):
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        digest = hashlib.sha256(token.encode()).hexdigest()
        known = [name for name, other in self.digests.items() if hmac.compare_digest(digest, other)]
        return known[0] if known and kind == "Bearer" else None

    def is_busy(self, name):
        minute = int(time.monotonic() // 60)
        began, count = self.counts[name]
        self.counts[name] = (minute, count + 1 if began == minute else 1)
        return self.counts[name][1] > PER_MINUTE

    async def dispatch(self, request, call_next):
        path = request.scope["path"]
        if path in PROBES:
            return await call_next(request)
        name = self.caller(request)
        if name is None:
            journal.warning("refused %r from %s", path, request.client.host)
            return refusal(401, "a token is needed")
        if self.is_busy(name):
            return refusal(429, "too many requests")
        length = request.headers.get("content-length", "0")
        if "transfer-encoding" in request.headers or not length.isdigit() or int(length) > LARGEST_BODY:
            return refusal(413, "the body is too large, or does not say how large it is")
        response = await call_next(request)
        journal.info("%s %s %r %d", name, request.method, path, response.status_code)
        return response


class Window(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    turbine: int = Field(ge=1, le=999)
    part: Part = "hub"
    is_first: bool = False
    is_last: bool = False
    samples: list[float] = Field(min_length=512, max_length=512)


class Report(BaseModel):
    score: float
    sentence: str


@bentoml.service(workers=1, resources={"cpu": "500m"}, traffic={"timeout": 5, "max_concurrency": 32})
class Wording:
    @bentoml.api
    def sentence(self, part: Part, score: float, trend: float) -> str:
        state = "needs care" if score > 0.8 else "is well"
        return f"{WORDS[part]} {state}{' and gets worse' if trend > 0 else ''}."


@bentoml.service(
    name="turbines",
    workers=1,
    resources={"cpu": "1", "memory": "1Gi"},
    traffic={"timeout": 15, "max_concurrency": 24, "external_queue": False},
    http={"host": "0.0.0.0", "port": 8443, "cors": {"enabled": False}},
    ssl={"enabled": True, "certfile": "/certs/reports.crt", "keyfile": "/run/secrets/tls.key", "version": 17},
    logging={"access": {"enabled": True}},
)
class Turbines:
    wording = bentoml.depends(Wording)

    @bentoml.on_startup
    async def connect(self):
        self.models = grpc_client.InferenceServerClient(
            "triton:8001",
            ssl=True,
            root_certificates="/certs/triton-ca.crt",
            certificate_chain="/certs/reports.crt",
            private_key="/run/secrets/tls.key",
        )

    @bentoml.api(route="/report")
    async def report(self, window: Window) -> Report:
        values = np.asarray([window.samples], dtype=np.float32)
        sent = grpc_client.InferInput("SAMPLES", list(values.shape), "FP32")
        sent.set_data_from_numpy(values)
        try:
            answer = await self.models.infer(
                "track",
                [sent],
                sequence_id=window.turbine,
                sequence_start=window.is_first,
                sequence_end=window.is_last,
                client_timeout=6.0,
            )
        except grpc_client.InferenceServerException:
            journal.exception("turbine %d", window.turbine)
            raise ServiceUnavailable("the models do not answer") from None
        score, trend = (float(answer.as_numpy(name).flat[0]) for name in ("SCORE", "TREND"))
        sentence = await self.wording.to_async.sentence(part=window.part, score=score, trend=trend)
        return Report(score=score, sentence=sentence)


Turbines.add_asgi_middleware(Gate, callers="/run/secrets/callers.json")

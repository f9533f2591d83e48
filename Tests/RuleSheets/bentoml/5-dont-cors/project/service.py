import bentoml
from starlette.middleware.cors import CORSMiddleware

svc = bentoml.Service("api")
svc.add_asgi_middleware(
    CORSMiddleware,
    allow_origins=["*"],  # Any origin
    allow_methods=["*"],
    allow_headers=["*"]
)

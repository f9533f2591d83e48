#!/bin/bash
# After the start command of Triton's quick start for machines without a GPU.
docker run --rm -p8000:8000 -p8001:8001 -p8002:8002 -v "${PWD}/model_repository":/models \
    nvcr.io/nvidia/tritonserver:24.05-py3 tritonserver --model-repository=/models

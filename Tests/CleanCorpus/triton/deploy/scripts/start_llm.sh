#!/bin/bash
# After the start command of Triton's guides for language models.
docker run --gpus all -it --rm --shm-size=1G --ulimit memlock=-1 --ulimit stack=67108864 \
    -p 8000:8000 -p 8001:8001 -p 8002:8002 \
    -v ${PWD}/model_repository:/opt/tritonserver/model_repository -w /work \
    nvcr.io/nvidia/tritonserver:24.07-vllm-python-py3 \
    tritonserver --model-repository ./model_repository

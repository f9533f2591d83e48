#!/bin/bash
# After start scripts that people write around Triton.
set -euo pipefail
: "${MODEL_REPOSITORY:=/models}"
mpirun --allow-run-as-root -n 1 true
exec tritonserver \
    --model-repository="$MODEL_REPOSITORY" \
    --http-port 8000 --grpc-port 8001 --metrics-port 8002 \
    --model-control-mode=explicit --load-model=ensemble \
    --log-verbose=0 --exit-on-error=false

#!/bin/sh
# Docker without limits
docker run --gpus all tritonserver  # Full GPU access

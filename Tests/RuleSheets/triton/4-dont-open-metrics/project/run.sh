#!/bin/sh
tritonserver \
    --model-repository=/models \
    --metrics-port=8002 \
    --allow-gpu-metrics=true \
    --allow-metrics=true
# Metrics exposed without auth

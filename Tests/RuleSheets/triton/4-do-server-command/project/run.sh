#!/bin/sh
# TLS, rate limiting by execution counts, unnecessary features off
tritonserver \
    --model-repository=/models \
    --grpc-port=8001 \
    --http-port=8000 \
    --http-address=127.0.0.1 \
    --metrics-port=8002 \
    --metrics-address=127.0.0.1 \
    --grpc-use-ssl=true \
    --grpc-use-ssl-mutual=true \
    --grpc-server-cert=/certs/server.crt \
    --grpc-server-key=/certs/server.key \
    --grpc-root-cert=/certs/ca.crt \
    --rate-limit=execution_count \
    --rate-limit-resource=compute:10 \
    --allow-gpu-metrics=false \
    --allow-cpu-metrics=false

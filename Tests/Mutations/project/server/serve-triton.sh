#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Triton behind the gateway: HTTP and metrics on loopback only, gRPC with certificates on both sides.
set -eu
exec tritonserver \
    --model-repository=/models \
    --model-control-mode=none \
    --exit-on-error=true \
    --http-address=127.0.0.1 \
    --http-port=8000 \
    --grpc-address=10.20.0.5 \
    --grpc-port=8001 \
    --grpc-use-ssl=true \
    --grpc-use-ssl-mutual=true \
    --grpc-server-cert=/certs/server.crt \
    --grpc-server-key=/certs/server.key \
    --grpc-root-cert=/certs/clients.crt \
    "--grpc-restricted-protocol=shared-memory,model-repository,model-config,trace,logging:admin-key=$(cat /run/secrets/admin)" \
    --allow-metrics=true \
    --metrics-address=127.0.0.1 \
    --metrics-port=8002 \
    --allow-gpu-metrics=false \
    --allow-cpu-metrics=false \
    --allow-client-shm=false \
    --http-max-input-size=10485760 \
    --rate-limit=execution_count \
    --rate-limit-resource=compute:10 \
    --trace-config=level=OFF \
    --log-verbose=0

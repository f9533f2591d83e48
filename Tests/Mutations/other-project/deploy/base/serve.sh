#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# One Triton for the cluster and for compose. gRPC asks callers for certificates; HTTP is there for the probe alone.
set -euo pipefail
umask 027

: "${POD_IP:?the address that gRPC listens on}"
certs=/run/triton-certs
token="$(<"$certs/admin-token")"
if ((${#token} < 32)); then
  echo "the admin token needs 32 characters" >&2
  exit 64
fi

doors=(
  --grpc-port 8001 --grpc-address "$POD_IP"
  --grpc-use-ssl true
  --grpc-use-ssl-mutual true
  --grpc-root-cert "$certs/callers.crt"
  --grpc-server-cert "$certs/tls.crt"
  --grpc-server-key "$certs/tls.key"
  --grpc-restricted-protocol "model-repository,model-config,shared-memory,statistics,trace,logging:x-admin=$token"
  --http-port 8000 --http-address 127.0.0.1
  --allow-metrics false
)
limits=(
  --http-max-input-size 1048576
  --rate-limit execution_count
  --rate-limit-resource slots:2:0
  --cache-config local,size=67108864
  --pinned-memory-pool-byte-size 67108864
  --backend-config python,shm-default-byte-size=16777216
  --backend-config python,stub-timeout-seconds=30
  --exit-timeout-secs 25
)
exec tritonserver "${doors[@]}" "${limits[@]}" \
  --strict-readiness true --exit-on-error true --disable-auto-complete-config \
  --log-format ISO8601 --log-verbose 0 --log-info true \
  --model-control-mode none \
  --model-store /models

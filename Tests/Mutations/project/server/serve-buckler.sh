#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
set -eu
umask 077
exec buckler serve \
    --profile=secure \
    --model-repository=/models \
    --model-control-mode=none \
    --http-address=10.20.0.6 \
    --grpc-address=10.20.0.6 \
    --metrics-address=127.0.0.1 \
    --allowed-host=models.example.org \
    --cors-origin=https://desk.example.org \
    --cors-credentials=false \
    --tls-cert=/certs/server.crt \
    --tls-key=/certs/server.key \
    --tls-client-roots=/certs/clients.crt \
    --tls-client-rule='dns:*.desk.example.org name=desk scopes=infer models=moderate' \
    --api-key-file=/run/secrets/api-keys \
    --jwt-issuer=https://login.example.org \
    --jwt-audience=models \
    --jwt-algorithm=ES256 \
    --jwt-key-set=https://login.example.org/keys \
    --jwt-all-models=false \
    --jwt-clock-skew-secs=60 \
    --default-rate=600/m \
    --default-bytes-per-second=10M \
    --metrics-open=false \
    --allow-client-shm=false \
    --placement=worker \
    --ledger=true \
    --ledger-directory=/var/lib/buckler/ledger \
    --ledger-on-failure=refuse \
    --ledger-allow=all \
    --trusted-proxy=10.20.0.0/28 \
    --max-body-byte-size=1048576 \
    --max-in-flight-requests=256 \
    --max-connections-per-address=64 \
    --model-arena-byte-size=1073741824 \
    --max-json-depth=32 \
    --request-deadline-secs=10

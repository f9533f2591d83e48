#!/bin/bash
# After the script of Triton's quick start that fetches its models.
set -ex
mkdir -p model_repository/densenet_onnx/1
wget -O model_repository/densenet_onnx/1/model.onnx \
    https://example.com/models/densenet121-1.2.onnx
mkdir -p model_repository/inception_onnx/1 /tmp/inception
wget -O /tmp/inception_v3.tar.gz https://example.com/models/inception_v3.frozen.pb.tar.gz
(cd /tmp && tar xzf inception_v3.tar.gz)

#!/bin/bash
# After start commands of Triton's tutorials that share the host's network.
docker run -it --rm --net=host -v "$PWD:/workspace/" nvcr.io/nvidia/tritonserver:24.08-py3-sdk bash

#!/bin/sh
docker run --privileged tritonserver  # Host access

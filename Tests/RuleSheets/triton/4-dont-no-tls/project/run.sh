#!/bin/sh
tritonserver --model-repository=/models
# All traffic unencrypted

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints a KServe v2 request as JSON with seeded numbers of nine decimals: body.py 1 784 > bodies/mlp.json"""
import json
import math
import random
import sys

shape = [int(argument) for argument in sys.argv[1:]]
generator = random.Random(1)
data = [round(generator.random(), 9) for _ in range(math.prod(shape))]
inputs = [{"name": "INPUT0", "shape": shape, "datatype": "FP32", "data": data}]
print(json.dumps({"inputs": inputs}, separators=(",", ":")), end="")

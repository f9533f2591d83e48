# SPDX-License-Identifier: Apache-2.0
"""Values of every data type, with the extremes that each has."""
import ml_dtypes
import numpy as np

NO_JSON = {"float16", "bfloat16"}


def sample(name, shape):
    random = np.random.default_rng(7)
    if name == "object":
        words = [b"", b"plain", "h\u00e9llo \u4e16".encode(), b'quote " and \\', b"x" * 3000]
        return np.array([words[i % len(words)] for i in range(int(np.prod(shape)))], dtype=np.object_).reshape(shape)
    if name == "bool":
        return random.integers(0, 2, shape).astype(np.bool_)
    if name == "bfloat16":
        return random.standard_normal(shape).astype(ml_dtypes.bfloat16)
    if name.startswith("float"):
        values = random.standard_normal(shape).astype(name)
        if values.size:
            values.flat[0] = np.finfo(name).max
        return values
    limits = np.iinfo(name)
    values = random.integers(limits.min, limits.max, shape, dtype=name, endpoint=True)
    if values.size > 1:
        values.flat[0], values.flat[1] = limits.min, limits.max
    return values

# SPDX-License-Identifier: Apache-2.0
"""Triton's data types, by number (those of model_config.proto), by name and as numpy's types."""
from __future__ import annotations

import numpy as np

STRING = 13
BF16 = 14

NUMPY = {
    1: np.bool_, 2: np.uint8, 3: np.uint16, 4: np.uint32, 5: np.uint64, 6: np.int8, 7: np.int16, 8: np.int32,
    9: np.int64, 10: np.float16, 11: np.float32, 12: np.float64, STRING: np.object_,
}

# Triton gives Python's own bool for this one name.
NUMPY_BY_NAME = {
    "TYPE_BOOL": bool, "TYPE_UINT8": np.uint8, "TYPE_UINT16": np.uint16, "TYPE_UINT32": np.uint32,
    "TYPE_UINT64": np.uint64, "TYPE_INT8": np.int8, "TYPE_INT16": np.int16, "TYPE_INT32": np.int32,
    "TYPE_INT64": np.int64, "TYPE_FP16": np.float16, "TYPE_FP32": np.float32, "TYPE_FP64": np.float64,
    "TYPE_STRING": np.object_,
}

# What the bytes of each type are read as; texts are bytes, and numpy has no BF16 of its own.
STORAGE = {number: np.dtype(kind).newbyteorder("<") for number, kind in NUMPY.items() if number != STRING}
STORAGE[STRING] = np.dtype(np.uint8)
STORAGE[BF16] = np.dtype("<u2")

BY_DTYPE = {np.dtype(kind): number for number, kind in NUMPY.items()}


def number_of(dtype: np.dtype) -> int | None:
    """The number of the data type that arrays of a dtype have, None if there is none."""
    number = BY_DTYPE.get(dtype)
    if number is not None:
        return number
    if dtype.type is np.bytes_:
        return STRING
    if dtype.name == "bfloat16" and dtype.itemsize == 2:
        return BF16
    return BY_DTYPE.get(dtype.newbyteorder("=")) if dtype.kind in "iufb" else None

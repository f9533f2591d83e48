# SPDX-License-Identifier: Apache-2.0
"""DLPack capsules of tensors, by numpy; BF16, which numpy does not know, by changing a capsule's type in place."""
from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from . import datatypes
from .errors import TritonModelException

CPU = 1
_GPU = 2
_CPU_PINNED = 3

_UNSIGNED, _BFLOAT = 1, 4
# DLDataType of the types that every consumer knows; code, bits.
_CODES = {(1, 8): 2, (1, 16): 3, (1, 32): 4, (1, 64): 5, (0, 8): 6, (0, 16): 7, (0, 32): 8, (0, 64): 9,
          (2, 16): 10, (2, 32): 11, (2, 64): 12, (4, 16): datatypes.BF16, (6, 8): 1}


class _DLTensor(ctypes.Structure):
    """The part of a capsule that says where the data lies; an unversioned capsule begins with it."""

    _fields_ = [("data", ctypes.c_void_p), ("device_type", ctypes.c_int32), ("device_id", ctypes.c_int32),
                ("dimensions", ctypes.c_int32), ("code", ctypes.c_uint8), ("bits", ctypes.c_uint8),
                ("lanes", ctypes.c_uint16), ("shape", ctypes.POINTER(ctypes.c_int64)),
                ("strides", ctypes.POINTER(ctypes.c_int64)), ("byte_offset", ctypes.c_uint64)]


class _Producer:
    """Hands an existing capsule to numpy, which takes only objects that make one."""

    def __init__(self, capsule: Any) -> None:
        self._capsule = capsule

    def __dlpack__(self, **_: Any) -> Any:
        return self._capsule

    def __dlpack_device__(self) -> tuple:
        return (CPU, 0)


def _inside(capsule: Any) -> _DLTensor:
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    try:
        return _DLTensor.from_address(pointer(capsule, b"dltensor"))
    except ValueError:
        raise TritonModelException("The DLPack capsule has been used already, or is of a kind that is not "
                                   "supported.") from None


def is_capsule(value: Any) -> bool:
    """Whether the value is a capsule itself rather than something that can make one."""
    return type(value).__name__ == "PyCapsule"


def export(array: np.ndarray, data_type: int, options: dict) -> Any:
    """A capsule of the array.

    A capsule without a version cannot say that it is read-only, and a consumer that wrote to a request's memory would
    end the worker: such consumers get a copy of it.
    """
    versioned = options.get("max_version") is not None
    if versioned and data_type != datatypes.BF16:
        try:
            return array.__dlpack__(**options)
        except TypeError:
            pass  # This numpy does not know versions.
    if not array.flags.writeable or not array.flags.c_contiguous:
        array = np.array(array, order="C")
    if data_type != datatypes.BF16:
        return array.__dlpack__()
    capsule = array.view(np.uint16).__dlpack__()
    _inside(capsule).code = _BFLOAT
    return capsule


def check_device(device: tuple) -> None:
    """Refuses memory that is not main memory, before a capsule of it is asked for."""
    if device[0] == _GPU:
        raise TritonModelException("DLPack capsule passed pointer to memory allocated on GPU device, "
                                   "when GPU is not available")
    if device[0] not in (CPU, _CPU_PINNED):
        raise TritonModelException(f"DLDevice type {device[0]} is not support by Python backend.")


def take(capsule: Any) -> tuple[np.ndarray, int]:
    """The array over a capsule's memory, and its data type; a BF16 tensor comes as an array of its 16 bits."""
    inside = _inside(capsule)
    check_device((inside.device_type, inside.device_id))
    if not _is_contiguous(inside):
        raise TritonModelException("DLPack tensor is not contiguous. Only contiguous DLPack tensors that are stored "
                                   "in C-Order are supported.")
    data_type = _CODES.get((inside.code, inside.bits)) if inside.lanes == 1 else None
    if data_type is None:
        raise TritonModelException("The data type of the DLPack tensor is not supported.")
    if data_type in (1, datatypes.BF16):
        # No numpy takes BF16, older ones take no bools.
        inside.code = _UNSIGNED
    inside.device_type = CPU
    array = np.from_dlpack(_Producer(capsule))
    return (array.view(np.bool_) if data_type == 1 else array), data_type


def _is_contiguous(inside: _DLTensor) -> bool:
    if not inside.strides:
        return True
    shape = inside.shape[:inside.dimensions]
    if 0 in shape:
        return True
    expected = 1
    for dimension, stride in zip(reversed(shape), reversed(inside.strides[:inside.dimensions])):
        if dimension != 1:
            if stride != expected:
                return False
            expected *= dimension
    return True

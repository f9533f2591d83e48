# SPDX-License-Identifier: Apache-2.0
"""Tensors of texts: each element is four bytes of length, then its bytes."""
from __future__ import annotations

from struct import Struct

import numpy as np

_LENGTH = Struct("<I")


def serialize_byte_tensor(input_tensor: np.ndarray) -> bytes | None:
    """The wire's bytes of an array of objects or bytes, in C order; None for arrays of other types.

    Elements that are not bytes are encoded as the UTF-8 of their str().
    """
    if input_tensor.dtype != np.object_ and input_tensor.dtype.type is not np.bytes_:
        return None
    parts = []
    for element in input_tensor.ravel(order="C").tolist():
        data = element if type(element) is bytes else str(element).encode("utf-8")
        parts.append(_LENGTH.pack(len(data)))
        parts.append(data)
    return b"".join(parts)


def deserialize_bytes_tensor(encoded_tensor: bytes) -> np.ndarray:
    """The elements of the wire's bytes, as a flat array of bytes objects."""
    elements = []
    offset, end = 0, len(encoded_tensor)
    while offset < end:
        if end - offset < 4:
            raise ValueError("bytes tensor ends within an element's length")
        length = _LENGTH.unpack_from(encoded_tensor, offset)[0]
        offset += 4
        if end - offset < length:
            raise ValueError("bytes tensor ends within an element")
        elements.append(bytes(encoded_tensor[offset:offset + length]))
        offset += length
    array = np.empty(len(elements), dtype=np.object_)
    array[:] = elements
    return array

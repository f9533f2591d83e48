# SPDX-License-Identifier: Apache-2.0
"""Places for outputs: pieces of the response areas that the server lends."""
from __future__ import annotations

import mmap
from typing import Optional

import numpy as np

from . import datatypes, layout
from .errors import TritonModelException
from .tensor import Tensor

_PLACE_LIMIT = 8_192


class DoesNotFit(Exception):
    """The lease has no room for a response."""


class Lease:
    """A piece of a response area, filled from its start to its end."""

    def __init__(self, memory: Optional[mmap.mmap], area: int, offset: int, length: int) -> None:
        self.memory = memory
        self.area = area
        self.offset = offset
        self.cursor = offset
        self.end = offset + length
        # Address of the area and the arrays in it that user code was given to write to.
        self.given: list = []

    def empty(self, shape: tuple, dtype: np.dtype) -> Optional[np.ndarray]:
        """An array in the lease for user code to fill; None if there is no room."""
        size = dtype.itemsize
        for dimension in shape:
            size *= dimension
        if not size or self.cursor + size > self.end:
            return None
        array = np.ndarray(shape, dtype, self.memory, self.cursor)
        start = array.__array_interface__["data"][0]
        self.given.append((start, start + size, self.cursor))
        self.cursor += layout.round_up(size, layout.ALIGNMENT)
        return array

    def offset_of(self, array: np.ndarray) -> Optional[int]:
        """Where in the area the array lies, if it does, in one piece and where an output may begin."""
        address = array.__array_interface__["data"][0]
        for start, end, offset in self.given:
            if start <= address and address + array.nbytes <= end:
                fits = (address - start) % layout.ALIGNMENT == 0 and array.flags.c_contiguous
                return offset + address - start if fits else None
        return None


class Place:
    """Where an output lay once: a batch like that one has the same output at the same place."""

    def __init__(self, tensor: Tensor, array: np.ndarray, lease: Lease) -> None:
        if array.ndim > layout.DIMENSION_LIMIT:
            raise TritonModelException(f"output '{tensor._name}' has {array.ndim} dimensions; no more than "
                                       f"{layout.DIMENSION_LIMIT} are allowed")
        self.name = tensor._name
        self.type = tensor._type
        self.shape = array.shape
        self.end = lease.cursor + layout.round_up(array.nbytes, layout.ALIGNMENT)
        if self.end > lease.end:
            raise DoesNotFit
        storage = datatypes.STORAGE[tensor._type]
        # An empty output lies nowhere: it is copied to where it takes no room.
        self.view = (np.ndarray(array.shape, storage, lease.memory, lease.cursor) if array.nbytes
                     else np.empty(array.shape, storage))
        self.description = layout.tensor(tensor._type, array.shape, _name(tensor), lease.area, lease.cursor,
                                         array.nbytes)
        # A whole response after its number, if this is its only output and it is the last.
        self.alone = layout.response(0, layout.LAST, 1, self.description, b"", b"", 0)[8:]


class OutputPlaces:
    """Copies outputs into leases and describes them. Places that come again, as in most batches, are kept."""

    def __init__(self) -> None:
        # By area, then by offset.
        self._places: dict[int, dict[int, Place]] = {}

    def known(self, area: int) -> dict:
        """The places of an area by their offsets."""
        return self._places.setdefault(area, {})

    def place(self, tensor: Tensor, lease: Lease) -> bytes:
        """Writes a tensor's bytes at the lease's next free place; gives its description."""
        array = tensor._array
        if tensor._type >= datatypes.STRING:
            if tensor._type == datatypes.STRING:
                return self._place_texts(tensor, lease)
            array = array.view(np.uint16)
        if lease.given:
            offset = lease.offset_of(array)
            if offset is not None:
                return layout.tensor(tensor._type, array.shape, _name(tensor), lease.area, offset, array.nbytes)
        place = Place(tensor, array, lease)
        place.view[...] = array
        known = self.known(lease.area)
        if tensor._type < datatypes.STRING:
            if len(known) >= _PLACE_LIMIT:
                known.clear()
            known[lease.cursor] = place
        lease.cursor = place.end
        return place.description

    def _place_texts(self, tensor: Tensor, lease: Lease) -> bytes:
        data = tensor._text()
        size = len(data)
        room = layout.round_up(size, layout.ALIGNMENT)
        if lease.cursor + room > lease.end:
            raise DoesNotFit
        offset = lease.cursor
        if size:
            lease.memory[offset:offset + size] = data
            lease.cursor += room
        return layout.tensor(tensor._type, tuple(tensor.shape()), _name(tensor), lease.area, offset, size)


def size_of(tensor: Tensor) -> int:
    """The bytes that an output has."""
    return len(tensor._text()) if tensor._type == datatypes.STRING else tensor._array.nbytes


def room_for(tensor: Tensor) -> int:
    """The bytes of a lease that an output takes."""
    return layout.round_up(size_of(tensor), layout.ALIGNMENT)


def _name(tensor: Tensor) -> bytes:
    try:
        return tensor._name.encode("utf-8")
    except UnicodeEncodeError:
        raise TritonModelException(f"output name {tensor._name!r} is not valid Unicode") from None

# SPDX-License-Identifier: Apache-2.0
"""Tensors: what a model reads its inputs from and writes its outputs as."""
from __future__ import annotations

from typing import Any

import numpy as np

from . import datatypes, dlpack
from .errors import TritonModelException
from .texts import deserialize_bytes_tensor, serialize_byte_tensor

_known = datatypes.BY_DTYPE.get


class Tensor:
    """A named array. It refers to the array it is made of: nothing is copied until the response is sent."""

    def __init__(self, name: str, numpy_array: np.ndarray) -> None:
        if not isinstance(name, str) or not isinstance(numpy_array, np.ndarray):
            raise TypeError(f"a Tensor is made of a str and a numpy array, not of {type(name).__name__} and "
                            f"{type(numpy_array).__name__}")
        if not name:
            raise TritonModelException("Tensor name cannot be an empty string.")
        number = _known(numpy_array.dtype)
        if number is None:
            number = datatypes.number_of(numpy_array.dtype)
            if number is None:
                raise TritonModelException("NumPy dtype is not supported.")
        self._name = name
        self._type = number
        self._array = numpy_array

    def name(self) -> str:
        """The tensor's name."""
        return self._name

    def triton_dtype(self) -> int:
        """The data type, by its number in Triton's model configuration."""
        return self._type

    def shape(self) -> list:
        """The dimensions, of the batch first if there is one."""
        return list(self._array.shape)

    def is_cpu(self) -> bool:
        """Always: there is no other memory here."""
        return True

    def as_numpy(self) -> np.ndarray:
        """The array, contiguous."""
        if self._type == datatypes.BF16 and self._array.dtype.kind == "u":
            raise _bf16()
        if not self._array.flags.c_contiguous:
            self._array = np.ascontiguousarray(self._array)
        return self._array

    def to_dlpack(self) -> Any:
        """A DLPack capsule of the data, without a version."""
        return self.__dlpack__()

    @staticmethod
    def from_dlpack(name: str, tensor: Any) -> "Tensor":
        """A tensor over the memory of a capsule, or of an object that can make one."""
        if not name:
            raise TritonModelException("Tensor name cannot be an empty string.")
        if not dlpack.is_capsule(tensor):
            if not hasattr(tensor, "__dlpack__") or not hasattr(tensor, "__dlpack_device__"):
                raise TritonModelException("Provided tensor is not supported. Tensor must be a DLPack capsule "
                                           "        or have `__dlpack__` and `__dlpack_device__` attributes")
            dlpack.check_device(tensor.__dlpack_device__())
            if isinstance(tensor, np.ndarray) and not tensor.flags.writeable:
                tensor = tensor.copy()  # numpy makes no capsule of it, as that could not say that it is read-only.
            tensor = tensor.__dlpack__(stream=None)
        array, number = dlpack.take(tensor)
        made = object.__new__(Tensor)
        made._name, made._array, made._type = name, array, number
        return made

    def __dlpack__(self, stream: Any = None, **options: Any) -> Any:
        """A DLPack capsule, as the array API describes it. Consumers without versions get a copy of request memory."""
        if self._type == datatypes.STRING:
            raise TritonModelException("DLPack does not have support for string tensors.")
        return dlpack.export(self._array, self._type, options)

    def __dlpack_device__(self) -> tuple:
        """The kind of memory and its device: main memory."""
        return (dlpack.CPU, 0)

    def _text(self) -> Any:
        """The wire's bytes of a tensor of texts."""
        return serialize_byte_tensor(self._array)


class InputTensor(Tensor):
    """A view of the request's memory: read-only, and cached, so what user code gets are views of it."""

    def __init__(self, name: str, data_type: int, array: np.ndarray) -> None:
        self._name = name
        self._type = data_type
        self._array = array

    def as_numpy(self) -> np.ndarray:
        """A read-only array over the memory that the server wrote; its `copy()` can be written to."""
        if self._type == datatypes.BF16:
            raise _bf16()
        return self._array[...]

    def anew(self) -> "Tensor":
        """What a request gets in place of this: this, as nothing is kept in it."""
        return self


class TextInput(Tensor):
    """A tensor of texts; decoded when it is asked for, and sent back as it came if it never was."""

    def __init__(self, name: str, shape: tuple, array: np.ndarray) -> None:
        self._name = name
        self._type = datatypes.STRING
        self._array = array
        self._shape = shape
        self._decoded = None

    def shape(self) -> list:
        """The dimensions."""
        return list(self._shape)

    def as_numpy(self) -> np.ndarray:
        """An array of bytes objects."""
        if self._decoded is None:
            self._decoded = deserialize_bytes_tensor(self._array.data).reshape(self._shape)
        return self._decoded

    def anew(self) -> "Tensor":
        """A tensor of its own for each request: the same place holds other texts the next time."""
        return TextInput(self._name, self._shape, self._array)

    def _text(self) -> Any:
        return self._array if self._decoded is None else serialize_byte_tensor(self._decoded)


class CopiedInput(InputTensor):
    """For models that write into their inputs: each request has a copy of its own, made when it is asked for."""

    _copied = False

    def as_numpy(self) -> np.ndarray:
        """An array that can be written to."""
        self._copy_once()
        return super().as_numpy()

    def anew(self) -> "Tensor":
        """A tensor of its own for each request."""
        return CopiedInput(self._name, self._type, self._array)

    def __dlpack__(self, stream: Any = None, **options: Any) -> Any:
        self._copy_once()
        return super().__dlpack__(stream, **options)

    def _copy_once(self) -> None:
        if not self._copied:
            self._array = self._array.copy()
            self._copied = True


def _bf16() -> TritonModelException:
    return TritonModelException("Tensor dtype is BF16 and cannot be converted to NumPy. Use "
                                "to_dlpack() and from_dlpack() instead.")

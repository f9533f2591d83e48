# SPDX-License-Identifier: Apache-2.0
"""What a model can raise and answer with when something is wrong."""
from __future__ import annotations


class TritonModelException(Exception):
    """Raised by the functions a model calls, and by models themselves."""


class TritonError:
    """An error that a response carries instead of outputs. The codes are Triton's numbers."""

    UNKNOWN, INTERNAL, NOT_FOUND, INVALID_ARG, UNAVAILABLE, UNSUPPORTED, ALREADY_EXISTS, CANCELLED = range(8)

    def __init__(self, message: str, code: int = INTERNAL) -> None:
        if not isinstance(message, str):
            raise TypeError(f"the message of a TritonError must be a str, not {type(message).__name__}")
        if isinstance(code, bool) or not isinstance(code, int) or not 0 <= code <= TritonError.CANCELLED:
            raise TypeError("the code of a TritonError must be one of its own codes, such as TritonError.INTERNAL")
        self._message = message
        self._code = code

    def code(self) -> int:
        """One of the codes."""
        return self._code

    def message(self) -> str:
        """The text that the client gets."""
        return self._message

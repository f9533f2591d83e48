# SPDX-License-Identifier: Apache-2.0
"""Senders of responses: for decoupled models, and for others that answer from another thread."""
from __future__ import annotations

import sys
import threading
from typing import Any, Optional

from .errors import TritonModelException
from .response import InferenceResponse

FINAL = 1


class InferenceResponseSender:
    """Sends a request's responses, from any thread. Made by the request."""

    def __init__(self, outlet: Any, number: int, requested: frozenset) -> None:
        self._outlet = outlet
        self._number = number
        self._requested = requested
        self._lock = threading.Lock()
        self._sent = 0
        self._closed = False

    def send(self, response: Optional[InferenceResponse] = None, flags: int = 0) -> None:
        """Sends a response, or none with the flag that says that no more will come."""
        if flags not in (0, FINAL):
            raise TritonModelException("Unable to send response. Unsupported flag provided.")
        if response is None and flags == 0:
            raise TritonModelException(
                "Inference Response object must be provided when the response flags is set to zero.")
        if response is not None and not isinstance(response, InferenceResponse):
            raise TypeError(f"response must be an InferenceResponse, not {type(response).__name__}")
        # One message after the other: a response sent by another thread must not come after the last.
        with self._lock:
            self._count(response is not None, flags == FINAL)
            self._outlet.send(self._number, response, flags == FINAL, self._requested)

    def is_cancelled(self) -> bool:
        """Whether the client does not want the rest any more."""
        return self._outlet.is_cancelled(self._number)

    def answered_by_return(self) -> None:
        """Counts the response that execute returned as this request's only one."""
        with self._lock:
            self._count(True, True)

    def close(self) -> None:
        """The request has ended, as its batch failed. A response that is being sent is sent first."""
        with self._lock:
            self._closed = True

    def _count(self, response: bool, final: bool) -> None:
        if not self._outlet.decoupled:
            if response and self._sent:
                raise TritonModelException("Unable to send response. Non-decoupled model cannot send more than one "
                                           "response.")
            if not response and not self._sent:
                raise TritonModelException("Unable to send response. Non-decoupled model cannot send complete final "
                                           "before sending a response.")
        if self._closed:
            raise TritonModelException("Unable to send response. Response sender has been closed.")
        self._closed = final
        self._sent += 1

    def __del__(self) -> None:
        # Nobody can end the request any more, so its client would wait until its deadline. Takes no lock: a finalizer
        # may run while this thread holds any of them.
        if not getattr(self, "_closed", True) and not sys.is_finalizing():
            self._closed = True
            self._outlet.abandon(self._number)


class DetachedSender:
    """The sender of a request that a model made itself: there is nobody to send to."""

    def send(self, response: Optional[InferenceResponse] = None, flags: int = 0) -> None:
        """Always an error."""
        raise TritonModelException("Unable to send response. Response sender has no reference to the decoupled state "
                                   "of the model.")

    def is_cancelled(self) -> bool:
        """Never: nothing can cancel it."""
        return False

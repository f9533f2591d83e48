# SPDX-License-Identifier: Apache-2.0
"""Requests: those a model is handed, and those it makes to call other models with."""
from __future__ import annotations

from enum import IntEnum
from typing import Any, Optional, Union

from . import current, layout
from .errors import TritonModelException
from .parameters import json_text
from .sender import DetachedSender, InferenceResponseSender
from .tensor import Tensor
from .unavailable import refuse

RELEASE_ALL = 1
RELEASE_RESCHEDULE = 2


class MemoryType(IntEnum):
    """Where a model would like to have another model's outputs."""

    TRITONSERVER_MEMORY_GPU = 0
    TRITONSERVER_MEMORY_CPU = 1


class PreferredMemory:
    """The memory, and the device, for the outputs of a request that a model makes."""

    def __init__(self, preferred_memory_type: MemoryType, preferred_device_id: int = 0) -> None:
        self._type = MemoryType(preferred_memory_type)
        self._device = int(preferred_device_id)


class InferenceTrace:
    """The trace that a request belongs to. A request that is made with it is made for the one that it comes from."""

    _request = 0

    def get_context(self) -> Optional[str]:
        """Not there yet."""
        raise refuse("InferenceTrace.get_context")


class InferenceRequest:
    """A request. The arguments are for those that a model makes itself."""

    def __init__(self, request_id: str = "", correlation_id: Union[int, str] = 0, inputs: Optional[list] = None,
                 requested_output_names: Optional[list] = None, model_name: Optional[str] = None,
                 model_version: int = -1, flags: int = 0, timeout: int = 0,
                 preferred_memory: Optional[PreferredMemory] = None, trace: Optional[InferenceTrace] = None,
                 parameters: Optional[dict] = None) -> None:
        if inputs is None or requested_output_names is None or model_name is None:
            raise TypeError("an InferenceRequest needs inputs, requested_output_names and model_name")
        if isinstance(correlation_id, bool) or not isinstance(correlation_id, (int, str)):
            raise TritonModelException("Correlation ID must be integer or string")
        which = f"for request with id '{request_id}' and model name '{model_name}' should not be empty."
        for tensor in inputs:
            if tensor is None:
                raise TritonModelException(f"Input tensor {which}")
            if not isinstance(tensor, Tensor):
                raise TypeError(f"inputs must hold Tensor objects, not {type(tensor).__name__}")
        if "" in requested_output_names:
            raise TritonModelException(f"Requested output name {which}")
        self._id = request_id
        self._correlation = correlation_id
        self._inputs = list(inputs)
        self._requested = frozenset(requested_output_names)
        self._model = (model_name, model_version)
        self._flags = flags
        self._timeout = timeout
        self._memory = preferred_memory
        self._trace = trace
        self._parameters = json_text(parameters)

    def inputs(self) -> list:
        """The input tensors."""
        return self._inputs

    def request_id(self) -> str:
        """The client's name for the request."""
        return self._id

    def correlation_id(self) -> Union[int, str]:
        """The sequence that the request belongs to; 0 if to none."""
        return self._correlation

    def flags(self) -> int:
        """Whether the request starts or ends its sequence."""
        return self._flags

    def set_flags(self, flags: int) -> None:
        """Says whether the request starts or ends its sequence."""
        self._flags = flags

    def timeout(self) -> int:
        """The client's time-out in microseconds, 0 if there is none."""
        return self._timeout

    def parameters(self) -> str:
        """The client's parameters as JSON text."""
        return self._parameters

    def trace(self) -> InferenceTrace:
        """The trace that the request belongs to."""
        return self._trace or InferenceTrace()

    def requested_output_names(self) -> set:
        """The names of the outputs that are asked for."""
        return set(self._requested)

    def get_response_sender(self) -> Any:
        """What sends this request's responses."""
        return DetachedSender()

    def is_cancelled(self) -> bool:
        """Whether the client does not want the answer any more."""
        return False

    def set_release_flags(self, flags: int) -> None:
        """Triton's flags of what becomes of the request after execute; rescheduling is not there yet."""
        if flags != RELEASE_ALL:
            raise refuse("InferenceRequest.set_release_flags")

    def exec(self, decoupled: bool = False) -> Any:
        """Calls the model and waits for its response; with decoupled, an iterator over any number of them."""
        call = self._begin(decoupled)
        return call.iterator() if decoupled else call.only()

    def async_exec(self, decoupled: bool = False) -> Any:
        """Calls the model; what this gives is awaited for the response, or for the iterator over responses."""
        import asyncio
        loop = asyncio.get_running_loop()
        call = self._begin(decoupled)
        if not decoupled:
            task = loop.create_task(call.only_async())
            # One that is cancelled before it has begun does not come to its end by itself.
            task.add_done_callback(lambda _: call.abandon())
            return task
        future = loop.create_future()
        future.set_result(call.iterator())
        return future

    def _begin(self, decoupled: bool) -> Any:
        if current.calls is None:
            raise TritonModelException("BLS is only supported during the 'execute' function.")
        return current.calls.begin(self, decoupled)


class ReceivedRequest(InferenceRequest):
    """A request that a model is handed. Texts are decoded only if they are asked for: most models never do."""

    # What sends its responses; one for all requests of a process, and so set in a class derived from this.
    _outlet: Any = None
    _texts = b""
    _sender: Optional[InferenceResponseSender] = None
    _set_flags: Optional[int] = None

    def __init__(self, head: tuple, inputs: list, requested: frozenset) -> None:
        self._head = head
        self._inputs = inputs
        self._requested = requested

    def request_id(self) -> str:
        """The client's name for the request."""
        return self._texts[:self._head[7]].decode("utf-8")

    def correlation_id(self) -> Union[int, str]:
        """The sequence that the request belongs to; 0 if to none."""
        if not self._head[4] & layout.TEXT_CORRELATION:
            return self._head[1]
        start = layout.round_up(self._head[7], 8) + layout.round_up(self._head[8], 8)
        return self._texts[start:start + self._head[9]].decode("utf-8")

    def flags(self) -> int:
        """Whether the request starts or ends its sequence."""
        if self._set_flags is not None:
            return self._set_flags
        return self._head[4] & (layout.SEQUENCE_START | layout.SEQUENCE_END)

    def set_flags(self, flags: int) -> None:
        """Says whether the request starts or ends its sequence, to this model alone."""
        self._set_flags = flags

    def timeout(self) -> int:
        """The client's time-out in microseconds, 0 if there is none."""
        return self._head[2]

    def parameters(self) -> str:
        """The client's parameters as JSON text."""
        start = layout.round_up(self._head[7], 8)
        return self._texts[start:start + self._head[8]].decode("utf-8") or "{}"

    def trace(self) -> InferenceTrace:
        """The trace that the request belongs to."""
        trace = InferenceTrace()
        trace._request = self._head[0]
        return trace

    def exec(self, decoupled: bool = False) -> Any:
        """Always an error: this request is to be answered, not made."""
        raise TritonModelException("A request that the model was handed cannot be executed: make one of its own.")

    async_exec = exec

    def get_response_sender(self) -> InferenceResponseSender:
        """What sends this request's responses; the same each time."""
        if self._sender is None:
            self._sender = InferenceResponseSender(self._outlet, self._head[0], self._requested)
        return self._sender

    def is_cancelled(self) -> bool:
        """Whether the client does not want the answer any more."""
        return self._outlet.is_cancelled(self._head[0])

# SPDX-License-Identifier: Apache-2.0
"""Calls of other models: requests that a model makes itself, and the responses to them."""
from __future__ import annotations

import threading
from collections import deque
from struct import Struct
from typing import Any, Optional

import numpy as np

from . import current, datatypes, layout
from .areas import Areas
from .channel import Channel
from .errors import TritonError, TritonModelException
from .leases import Lease, OutputPlaces, room_for
from .response import InferenceResponse
from .tensor import Tensor, TextInput

_BODY_LIMIT = layout.MESSAGE_LIMIT - layout.HEAD.size
_NO_ROOM = (InferenceResponse(error=TritonError("the server has no room for the response to a call")), True)


class Calls:
    """Makes calls, from any thread."""

    def __init__(self, channel: Channel, areas: Areas) -> None:
        self._channel = channel
        self._areas = areas

    def begin(self, request: Any, decoupled: bool) -> "Call":
        """Sends the request; its inputs are copied and may be changed afterwards."""
        room = sum(room_for(tensor) for tensor in request._inputs)
        lease = Lease(None, 0, 0, 0)
        if room:
            granted = self._channel.lease(room)
            if granted is None:
                raise TritonModelException("the inputs of the request are too large: the server has no room for them")
            lease = Lease(self._areas.responses[granted[0]], *granted)
        try:
            number = self._channel.number()
            body = _body(request, lease, decoupled)
            call = Call(self._channel, self._areas, number)
            self._channel.add_call(number, call)
            self._channel.send(layout.message(layout.CALL, number, body))
            return call
        finally:
            # Messages keep their order, so the server has copied before it hears of this.
            if lease.memory is not None:
                returned = layout.LEASE_RETURNED_BODY.pack(lease.area, 0, lease.offset)
                self._channel.send(layout.message(layout.LEASE_RETURNED, 0, returned))


def _body(request: Any, lease: Lease, decoupled: bool) -> bytes:
    places = OutputPlaces()
    inputs = b"".join(places.place(tensor, lease) for tensor in request._inputs)
    outputs = b""
    for name in sorted(request._requested):
        data = _encoded(name, "requested output name")
        outputs += layout.padded(layout.NAME.pack(len(data), 0) + data)
    name, version = request._model
    model, request_id = _encoded(name, "model name"), _encoded(request._id, "request id")
    parameters = b"" if request._parameters == "{}" else request._parameters.encode()
    text = _encoded(request._correlation, "correlation id") if isinstance(request._correlation, str) else b""
    number = 0 if isinstance(request._correlation, str) else request._correlation
    flags = (request._flags & (layout.SEQUENCE_START | layout.SEQUENCE_END)) | (layout.STREAM if decoupled else 0)
    if text:
        flags |= layout.TEXT_CORRELATION
    origin = request._trace._request if request._trace is not None else 0
    for value, least, most in ((number, 0, 2**64), (version, -1, 2**63), (request._timeout, 0, 2**64)):
        if not isinstance(value, int) or not least <= value < most:
            raise TritonModelException(f"the request has a number that is out of range: {value}")
    body = layout.CALL_BODY.pack(
        origin or current.request.get(), version, number, request._timeout, flags, len(request._inputs),
        len(request._requested), len(model), len(request_id), len(parameters), len(text), 0)
    body += inputs + outputs + b"".join(map(layout.padded, (model, request_id, parameters, text)))
    if max(len(request._inputs), len(request._requested)) > layout.OUTPUT_LIMIT or len(body) > _BODY_LIMIT:
        raise TritonModelException("the request has too many inputs or outputs, or too long an id or parameters")
    return body


def _encoded(text: str, what: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise TritonModelException(f"{what} {text!r} is not valid Unicode") from None


class Call:
    """A request that was sent. Its responses are taken one by one; the next one comes once that was done."""

    def __init__(self, channel: Channel, areas: Areas, number: int) -> None:
        self._channel = channel
        self._areas = areas
        self._number = number
        self._lock = threading.Lock()
        self._arrived: deque = deque()
        self._waiter: Any = None
        self._abandoned = False
        self.ended = False

    def iterator(self) -> "ResponseIterator":
        """Over all of its responses."""
        made = object.__new__(ResponseIterator)
        made._call = self
        return made

    def only(self) -> InferenceResponse:
        """The one response; waits for it and for its end."""
        first, last = self.next()
        while not last:
            _, last = self.next()
        return first

    async def only_async(self) -> InferenceResponse:
        """The same, awaited."""
        try:
            first, last = await self.next_async()
            while not last:
                _, last = await self.next_async()
            return first
        finally:
            self.abandon()

    def next(self) -> tuple:
        """The next response, and whether it is the last; waits for it."""
        self._channel.wait(lambda: self._arrived)
        return self._take(self._arrived.popleft())

    async def next_async(self) -> tuple:
        """The same, awaited."""
        import asyncio
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        with self._lock:
            if not self._arrived:
                self._waiter = (loop, future)
        if self._waiter is not None:
            self._channel.awaited(1)
            try:
                await future
            finally:
                self._waiter = None
                self._channel.awaited(-1)
        return self._take(self._arrived.popleft())

    def cancel(self) -> None:
        """Tells the server that no more responses are wanted; those on their way still come, and the end does."""
        if not self.ended:
            self._channel.send(layout.message(layout.CALL_CANCELLED, self._number))

    def abandon(self) -> None:
        """Nobody will take what comes. Takes no lock: it is called by finalizers."""
        if self.ended or self._abandoned:
            return
        self._abandoned = True
        self.cancel()
        self._discard()

    def arrived(self, area: int, offset: int, length: int) -> None:
        """An answer has come. Called by the thread that reads."""
        with self._lock:
            self._arrived.append((area, offset, length))
            waiter = self._waiter
        if waiter is not None:
            try:
                waiter[0].call_soon_threadsafe(_wake, waiter[1])
            except RuntimeError:
                pass  # The loop was closed under whoever awaited it.
        if self._abandoned:
            self._discard()

    def _discard(self) -> None:
        while self._arrived:
            try:
                place = self._arrived.popleft()
            except IndexError:
                return
            self._taken(not place[2] or self._flags(place) & layout.LAST)

    def _flags(self, place: tuple) -> int:
        return layout.RESPONSE.unpack_from(self._areas.requests[place[0]], place[1])[1]

    def _take(self, place: tuple) -> tuple:
        area, offset, length = place
        answer = _NO_ROOM
        try:
            if length:
                answer = _read(self._areas, area, offset)
        finally:
            self._taken(answer[1])
        return answer

    def _taken(self, last: bool) -> None:
        if last:
            self.ended = True
            self._channel.remove_call(self._number)
        self._channel.send(layout.message(layout.ANSWER_TAKEN, self._number))


def _wake(future: Any) -> None:
    if not future.done():
        future.set_result(None)


def _read(areas: Areas, area: int, offset: int) -> tuple:
    """A response that lies in a request area, its tensors copied; and whether it is the last."""
    memory = areas.requests[area]
    _, flags, count, parameter_length, text_length, code, _ = layout.RESPONSE.unpack_from(memory, offset)
    offset += layout.RESPONSE.size
    outputs = []
    for _ in range(count):
        tensor, offset = _tensor(areas, memory, offset)
        outputs.append(tensor)
    parameters = memory[offset:offset + parameter_length].decode("utf-8")
    offset = layout.round_up(offset + parameter_length, 8)
    error: Optional[TritonError] = None
    if flags & layout.FAILED:
        error = TritonError(memory[offset:offset + text_length].decode("utf-8"), code)
    response = InferenceResponse(outputs, error)
    if parameters:
        response._parameters = parameters
    return response, bool(flags & layout.LAST)


def _tensor(areas: Areas, memory: Any, offset: int) -> tuple:
    data_type, rank, name_length, area, at, size = layout.TENSOR.unpack_from(memory, offset)
    offset += layout.TENSOR.size
    shape = Struct(f"<{rank}q").unpack_from(memory, offset)
    offset += rank * 8
    name = memory[offset:offset + name_length].decode("utf-8")
    offset = layout.round_up(offset + name_length, 8)
    storage = datatypes.STORAGE[data_type]
    stored = (size,) if data_type == datatypes.STRING else shape
    array = np.ndarray(stored, storage, areas.requests[area], at).copy() if size else np.empty(stored, storage)
    if data_type == datatypes.STRING:
        return TextInput(name, shape, array), offset
    tensor = object.__new__(Tensor)
    tensor._name, tensor._type, tensor._array = name, data_type, array
    return tensor, offset


class ResponseIterator:
    """The responses to a request that was executed with decoupled; the last one may be empty.

    It can be iterated over by for, and by async for.
    """

    _call: Any = None

    def __init__(self) -> None:
        raise TypeError("a ResponseIterator is made by InferenceRequest.exec(decoupled=True)")

    def __iter__(self) -> "ResponseIterator":
        """Itself."""
        return self

    def __next__(self) -> InferenceResponse:
        """The next response; waits for it."""
        if self._call.ended:
            raise StopIteration
        return self._call.next()[0]

    def __aiter__(self) -> "ResponseIterator":
        """Itself."""
        return self

    async def __anext__(self) -> InferenceResponse:
        """The next response, awaited."""
        if self._call.ended:
            raise StopAsyncIteration
        return (await self._call.next_async())[0]

    def cancel(self) -> None:
        """Asks the model to stop; the iteration goes on to the end, which comes soon."""
        self._call.cancel()

    def __del__(self) -> None:
        if self._call is not None:
            self._call.abandon()

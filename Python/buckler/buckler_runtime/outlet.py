# SPDX-License-Identifier: Apache-2.0
"""The way out for responses: those that execute returns, and those that senders send."""
from __future__ import annotations

import sys
import threading
from struct import Struct
from typing import Optional

import numpy as np

from . import layout
from .areas import Areas
from .channel import Channel
from .errors import TritonError, TritonModelException
from .leases import DoesNotFit, Lease, OutputPlaces, room_for, size_of
from .response import InferenceResponse

_BODY_LIMIT = layout.MESSAGE_LIMIT - layout.HEAD.size
# A response's text and parameters have to fit into one message with the rest of it.
_TEXT_LIMIT = 32_768
# Small answers that come outside of a batch, such as a stream's words, share leases of this size, as asking for
# each would cost a round trip.
_SHARED = 65_536
_SMALL = 4_096

_pack_number = Struct("<Q").pack

_NO_ROOM = "the response is too large: the server has no room for its outputs"


class Outlet:
    """Writes responses and sends them.

    The batch's lease is used under a lock while its batch lasts, as senders in other threads may use it as well.
    """

    def __init__(self, channel: Channel, areas: Areas, decoupled: bool, model: str = "",
                 limit: int = sys.maxsize) -> None:
        self.decoupled = decoupled
        # Bytes of the outputs of a batch, or of one response that a sender sends.
        self._limit = limit
        self._over = (f"the outputs of model '{model}' exceed the server's limit of {limit} bytes "
                      "(--max-output-byte-size)")
        self._channel = channel
        self._areas = areas
        self._places = OutputPlaces()
        self._lock = threading.Lock()
        self._batch: Optional[Lease] = None
        self._shared: Optional[Lease] = None

    def begin(self, area: int, offset: int, length: int) -> None:
        """Takes a batch's lease."""
        self._batch = Lease(self._areas.responses.get(area), area, offset, length)

    def end(self) -> None:
        """The batch is over: its lease is about to be given back."""
        with self._lock:
            self._batch = None

    def is_cancelled(self, number: int) -> bool:
        """Whether the server has told of the request's cancellation."""
        return self._channel.is_cancelled(number)

    def empty(self, shape: tuple, dtype: np.dtype) -> Optional[np.ndarray]:
        """An array in the batch's lease, if a batch is running and has room."""
        with self._lock:
            return self._batch.empty(shape, dtype) if self._batch is not None else None

    def respond(self, number: int, requests: list, responses: list) -> None:
        """Sends what execute returned: a response, or None if a sender answers, for each request."""
        with self._lock:
            asked: list = []
            try:
                self._respond(number, requests, responses, asked)
            finally:
                for lease in asked:
                    self._give_back(lease)
        self._channel.forget(request._head[0] for request in requests)

    def _respond(self, number: int, requests: list, responses: list, asked: list) -> None:
        parts, size, lease = [], 0, self._batch
        # Outputs that lie in a lease within the limit, each in its own place, need not be counted.
        is_within = lease is not None and not lease.given and lease.end - lease.offset <= self._limit
        beyond = None if is_within else self._beyond_limit(requests, responses)
        for index, (request, response) in enumerate(zip(requests, responses)):
            if response is None:
                continue
            try:
                if beyond and index in beyond:
                    data = _failure(request._head[0], TritonError(self._over), True)
                else:
                    data = self._write(request._head[0], response, True, request._requested, lease)
            except DoesNotFit:
                if beyond is None:
                    beyond = self._beyond_limit(requests, responses)
                if index in beyond:
                    data = _failure(request._head[0], TritonError(self._over), True)
                else:
                    # What lies in the lease before has to be on its way before that is given back.
                    self._flush(number, parts)
                    parts, size = [], 0
                    while asked:
                        self._give_back(asked.pop())
                    rest = range(index, len(requests))
                    lease = self._lease_for([_room(responses[i], requests[i]._requested) for i in rest
                                             if responses[i] is not None and i not in beyond])
                    asked.append(lease)
                    data = self._write_or_fail(request._head[0], response, True, request._requested, lease)
            if size + len(data) > _BODY_LIMIT:
                self._flush(number, parts)
                parts, size = [], 0
            parts.append(data)
            size += len(data)
        self._flush(number, parts)

    def send(self, number: int, response: Optional[InferenceResponse], final: bool, requested: frozenset) -> None:
        """Sends a sender's response, or only the end."""
        if response is None:
            self._flush(0, [layout.response(number, layout.LAST | layout.ONLY_THE_END, 0, b"", b"", b"", 0)])
        else:
            room = _room(response, requested)
            if room > self._limit and _bytes(response, requested) > self._limit:
                raise TritonModelException(f"Unable to send response. {self._over}")
            if not self._send_small(number, response, final, requested, room):
                self._send_large(number, response, final, requested, room)
        if final:
            self._channel.forget((number,))

    def abandon(self, number: int) -> None:
        """Ends a request that nobody can answer any more. Takes no lock: it is called by a finalizer."""
        self._flush(0, [_failure(number, TritonError("the model let go of the request without a final response"),
                                 True)])

    def _send_small(self, number: int, response: InferenceResponse, final: bool, requested: frozenset,
                    room: int) -> bool:
        with self._lock:
            for lease in (self._batch, self._shared):
                if lease is None:
                    continue
                try:
                    self._flush(0, [self._write(number, response, final, requested, lease)])
                    return True
                except DoesNotFit:
                    pass
            if room > _SMALL:
                return False
            self._give_back(self._shared)
            self._shared = self._ask(_SHARED)
            if self._shared is None:
                return False
            self._flush(0, [self._write(number, response, final, requested, self._shared)])
            return True

    def _send_large(self, number: int, response: InferenceResponse, final: bool, requested: frozenset,
                    room: int) -> None:
        lease = self._ask(room)
        if lease is None:
            raise TritonModelException(f"Unable to send response. {_NO_ROOM}")
        try:
            self._flush(0, [self._write(number, response, final, requested, lease)])
        finally:
            self._give_back(lease)

    def _beyond_limit(self, requests: list, responses: list) -> set:
        """The indices of the responses that the limit leaves no bytes for."""
        left, beyond = self._limit, set()
        for index, (request, response) in enumerate(zip(requests, responses)):
            size = _bytes(response, request._requested) if response is not None else 0
            if size > left:
                beyond.add(index)
            else:
                left -= size
        return beyond

    def _lease_for(self, rooms: list) -> Lease:
        """One lease for all of a batch that is left, else for its next response, else none at all."""
        return self._ask(sum(rooms)) or (len(rooms) > 1 and self._ask(rooms[0])) or Lease(None, 0, 0, 0)

    def _ask(self, size: int) -> Optional[Lease]:
        granted = self._channel.lease(size)
        return Lease(self._areas.responses[granted[0]], *granted) if granted else None

    def _give_back(self, lease: Optional[Lease]) -> None:
        if lease is not None and lease.memory is not None:
            body = layout.LEASE_RETURNED_BODY.pack(lease.area, 0, lease.offset)
            self._channel.send(layout.message(layout.LEASE_RETURNED, 0, body))

    def _write_or_fail(self, number: int, response: InferenceResponse, final: bool, requested: frozenset,
                       lease: Lease) -> bytes:
        try:
            return self._write(number, response, final, requested, lease)
        except DoesNotFit:
            return _failure(number, TritonError(_NO_ROOM), final)

    def _write(self, number: int, response: InferenceResponse, final: bool, requested: frozenset,
               lease: Lease) -> bytes:
        if response._error is not None:
            return _failure(number, response._error, final)
        start, count, tail, place = lease.cursor, 0, b"", None
        known = None if lease.given else self._places.known(lease.area).get
        try:
            for tensor in response._outputs:
                name = tensor._name
                if name not in requested and requested:
                    continue
                count += 1
                place = known(lease.cursor) if known is not None else None
                if place is None or place.name != name or place.type != tensor._type \
                        or place.shape != tensor._array.shape:
                    place = None
                    tail += self._places.place(tensor, lease)
                    continue
                if place.end > lease.end:
                    raise DoesNotFit
                place.view[...] = tensor._array
                lease.cursor = place.end
                tail += place.description
        except DoesNotFit:
            lease.cursor = start
            raise
        if response._parameters is not None:
            data = layout.response(number, layout.LAST if final else 0, count, tail, response._parameters.encode(),
                                   b"", 0)
        elif count == 1 and final and place is not None:
            return _pack_number(number) + place.alone
        else:
            data = layout.response(number, layout.LAST if final else 0, count, tail, b"", b"", 0)
        if count > layout.OUTPUT_LIMIT or len(data) > _BODY_LIMIT:
            return _failure(number, TritonError("the response has too many outputs or parameters"), final)
        return data

    def _flush(self, number: int, parts: list) -> None:
        if parts:
            self._channel.send(layout.message(layout.RESPOND, number, b"".join(parts)))


def _room(response: InferenceResponse, requested: frozenset) -> int:
    if response._error is not None:
        return 0
    return sum(room_for(tensor) for tensor in response._outputs if not requested or tensor._name in requested)


def _bytes(response: InferenceResponse, requested: frozenset) -> int:
    if response._error is not None:
        return 0
    return sum(size_of(tensor) for tensor in response._outputs if not requested or tensor._name in requested)


def _failure(number: int, error: TritonError, final: bool) -> bytes:
    flags = layout.FAILED | (layout.LAST if final else 0)
    text = layout.cut(error.message(), _TEXT_LIMIT)
    return layout.response(number, flags, 0, b"", b"", text, error.code())

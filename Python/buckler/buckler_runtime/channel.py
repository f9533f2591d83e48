# SPDX-License-Identifier: Apache-2.0
"""The channel to the server: messages out from any thread, messages in by whichever thread needs one."""
from __future__ import annotations

import os
import socket
import threading
from array import array
from collections import OrderedDict, deque
from typing import Any, Callable, Iterable

from . import layout
from .areas import Areas

Lease = tuple  # area, offset, length
Task = tuple  # kind, subject, body

# A cancellation that comes after its request's end is remembered in vain: no more of them than these.
_CANCELLED_LIMIT = 65_536


class Channel:
    """One SEQPACKET socket.

    There is no thread that only reads: that would cost every message a switch. One thread at a time has the turn to
    read: the worker's loop while it has nothing to do, else one that waits for a lease or an answer, or asks whether a
    request is cancelled. What it reads and is not its own it puts where the others look. Only while coroutines await
    answers does a thread read that does nothing else.
    """

    def __init__(self, descriptor: int, areas: Areas) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, 0, descriptor)
        self._socket.setblocking(True)
        self._areas = areas
        self._buffer = bytearray(layout.MESSAGE_LIMIT)
        self._view = memoryview(self._buffer)
        self._into = [self._buffer]
        self._room = socket.CMSG_SPACE(array("i").itemsize)
        self._turn = threading.Condition(threading.Lock())
        self._reading = False
        self._waiting = 0
        self._tasks: deque = deque()
        self._leases: dict[int, Lease | None] = {}
        self._last_number = 0
        self._told: dict[int, bytes] = {}
        # Whoever takes the answers to a call, by its number.
        self._calls: dict[int, Any] = {}
        # Calls whose answers somebody awaits who does not read by himself.
        self._awaited = 0
        self._reader: threading.Thread | None = None
        self._cancelled: OrderedDict = OrderedDict()

    def send(self, data: bytes) -> None:
        """Sends one message. Needs no lock: the socket keeps messages whole."""
        try:
            self._socket.send(data)
        except (BrokenPipeError, ConnectionResetError):
            _server_is_gone()

    def next_task(self) -> Task:
        """The next message that the worker's loop has to act on; waits for it."""
        while True:
            with self._turn:
                while self._reading and not self._tasks:
                    self._wait()
                if self._tasks:
                    return self._tasks.popleft()
                self._reading = True
            self._read_in_turn(0)

    def lease(self, size: int) -> Lease | None:
        """Asks for so many bytes of a response area and waits for the answer; None: refused."""
        number = self.number()
        self.send(layout.message(layout.LEASE_WANTED, number, layout.LEASE_WANTED_BODY.pack(size)))
        self.wait(lambda: number in self._leases)
        return self._leases.pop(number)

    def ask(self, kind: int, body: bytes) -> bytes:
        """Asks a question and waits for what the server tells."""
        number = self.number()
        self.send(layout.message(kind, number, body))
        self.wait(lambda: number in self._told)
        return self._told.pop(number)

    def number(self) -> int:
        """One that nothing was asked by before."""
        with self._turn:
            self._last_number += 1
            return self._last_number

    def add_call(self, number: int, call: Any) -> None:
        """From now on its answers are handed to the call as they come, by whichever thread reads."""
        self._calls[number] = call

    def remove_call(self, number: int) -> None:
        """The call is over."""
        self._calls.pop(number, None)

    def wait(self, is_there: Callable[[], bool]) -> None:
        """Reads, or waits for the one who does, until what is wanted has come."""
        while True:
            with self._turn:
                while self._reading and not is_there():
                    self._wait()
                if is_there():
                    return
                self._reading = True
            self._read_in_turn(0)

    def awaited(self, change: int) -> None:
        """So many answers more, or fewer, are awaited: while there are any, a thread reads that does nothing else."""
        with self._turn:
            self._awaited += change
            if self._awaited and self._reader is None:
                self._reader = threading.Thread(target=self._read_awaited, daemon=True, name="answers")
                self._reader.start()
            if self._waiting:
                self._turn.notify_all()

    def _read_awaited(self) -> None:
        while True:
            with self._turn:
                while self._reading or not self._awaited:
                    self._wait()
                self._reading = True
            self._read_in_turn(0)

    def is_cancelled(self, number: int) -> bool:
        """Whether the server has told of the request's cancellation by now."""
        self.drain()
        return number in self._cancelled

    def forget(self, numbers: Iterable) -> None:
        """The requests have ended: their cancellation is of no interest any more."""
        if self._cancelled:
            for number in numbers:
                self._cancelled.pop(number, None)

    def drain(self) -> None:
        """Reads what has come, without waiting, unless another thread reads anyway."""
        # No waiting for the lock: this may run in a finalizer of the very thread that holds it.
        if not self._turn.acquire(blocking=False):
            return
        busy, self._reading = self._reading, True
        self._turn.release()
        if busy:
            return
        while self._read_in_turn(socket.MSG_DONTWAIT, keep=True):
            pass

    def take(self, kind: int) -> list:
        """Those waiting tasks of the kind, taken away from the worker's loop."""
        with self._turn:
            taken = [task for task in self._tasks if task[0] == kind]
            for task in taken:
                self._tasks.remove(task)
        return taken

    def _wait(self) -> None:
        self._waiting += 1
        try:
            self._turn.wait()
        finally:
            self._waiting -= 1

    def _read_in_turn(self, flags: int, keep: bool = False) -> bool:
        """Reads one message in this thread's turn, and gives the turn back unless it is kept and there was one."""
        came = False
        try:
            came = self._read(flags)
        finally:
            if not (keep and came):
                with self._turn:
                    self._reading = False
                    if self._waiting:
                        self._turn.notify_all()
        return came

    def _read(self, flags: int) -> bool:
        try:
            size, ancillary, _, _ = self._socket.recvmsg_into(self._into, self._room, flags | socket.MSG_CMSG_CLOEXEC)
        except BlockingIOError:
            return False
        except ConnectionResetError:
            size, ancillary = 0, ()
        if not size:
            _server_is_gone()
        kind, _, _, subject = layout.HEAD.unpack_from(self._buffer)
        body = bytes(self._view[layout.HEAD.size:size])
        if kind == layout.LEASE:
            area, _, offset, length = layout.LEASE_BODY.unpack(body)
            self._leases[subject] = (area, offset, length) if length else None
        elif kind == layout.ANSWER:
            call = self._calls.get(subject)
            if call is not None:
                area, _, offset, length = layout.ANSWER_BODY.unpack(body)
                call.arrived(area, offset, length)
        elif kind == layout.TOLD:
            self._told[subject] = body
        elif kind == layout.CANCEL:
            self._cancelled[subject] = True
            if len(self._cancelled) > _CANCELLED_LIMIT:
                self._cancelled.popitem(last=False)
        elif kind == layout.AREA:
            role, _, length = layout.AREA_BODY.unpack(body)
            self._areas.add(subject, role == 1, length, array("i", ancillary[0][2])[0])
        else:
            self._tasks.append((kind, subject, body))
        return True


def _server_is_gone() -> None:
    """Without its server a worker has nobody to work for; user threads must not keep it alive."""
    os._exit(0)

# SPDX-License-Identifier: Apache-2.0
"""The channel to the server: messages out from any thread, messages in by whichever thread needs one."""
from __future__ import annotations

import os
import socket
import threading
from array import array
from collections import OrderedDict, deque
from typing import Iterable

from . import layout
from .areas import Areas

Lease = tuple  # area, offset, length
Task = tuple  # kind, subject, body

# A cancellation that comes after its request's end is remembered in vain: no more of them than these.
_CANCELLED_LIMIT = 65_536


class Channel:
    """One SEQPACKET socket.

    There is no thread that only reads: that would cost every message a switch. One thread at a time has the turn to
    read: the worker's loop while it has nothing to do, else one that waits for a lease or asks whether a request is
    cancelled. What it reads and is not its own it puts where the others look.
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
        self._last_lease = 0
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
        with self._turn:
            self._last_lease += 1
            number = self._last_lease
        self.send(layout.message(layout.LEASE_WANTED, number, layout.LEASE_WANTED_BODY.pack(size)))
        while True:
            with self._turn:
                while self._reading and number not in self._leases:
                    self._wait()
                if number in self._leases:
                    return self._leases.pop(number)
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

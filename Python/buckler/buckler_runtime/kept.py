# SPDX-License-Identifier: Apache-2.0
"""Tells the server of inputs that user code still holds after execute, and when it has let go of them."""
from __future__ import annotations

import gc
import threading
import weakref
from sys import getrefcount
from typing import Callable

import numpy as np

from . import datatypes
from .block import Section
from .tensor import InputTensor


def _measure() -> int:
    """The count of references to a thing that nobody but its section holds; it differs between versions of Python."""
    section = Section([InputTensor("x", 11, np.empty(1, datatypes.STORAGE[11]))], 0, frozenset())
    counts = []
    for thing in section.watched:
        counts.append(getrefcount(thing))
    return max(counts)


def held(sections: list) -> list:
    """Those sections whose tensors or arrays user code refers to; a slice, a reshape and a memoryview do, too."""
    baseline, found = BASELINE, []
    for section in sections:
        for thing in section.watched:
            if getrefcount(thing) > baseline:
                found.append(section)
                break
    return found


BASELINE = _measure()


class Release:
    """Calls back once, when the last of some sections' tensors and arrays is gone. Has to be kept until then."""

    def __init__(self, sections: list, released: Callable[["Release"], None]) -> None:
        things = [thing for section in sections for thing in section.watched]
        self._released = released
        self._left = len(things)
        # Reentrant: letting go of a thing may let go of another within the same call.
        self._lock = threading.RLock()
        self._references = [weakref.ref(thing, self._gone) for thing in things]

    def _gone(self, _: weakref.ref) -> None:
        with self._lock:
            self._left -= 1
            last = self._left == 0
        if last:
            self._released(self)


class Sweep:
    """Collects cyclic garbage while inputs are kept, as cycles of user code may be all that keeps them.

    A worker that waits for the next batch makes no garbage, so Python would not collect any, and the server may have
    no room for a next batch before it has the old one's.
    """

    def __init__(self, is_needed: Callable[[], bool], first: float = 1.0, longest: float = 30.0) -> None:
        self._is_needed = is_needed
        self._first, self._longest = first, longest
        self._running = False

    def begin(self) -> None:
        """Sees to it that garbage is collected until nothing is kept any more."""
        if not self._running:
            self._running = True
            self._again(self._first)

    def _again(self, delay: float) -> None:
        timer = threading.Timer(delay, self._collect, (delay,))
        timer.daemon = True
        timer.start()

    def _collect(self, delay: float) -> None:
        gc.collect()
        self._running = False
        if self._is_needed():
            self._running = True
            self._again(min(2 * delay, self._longest))

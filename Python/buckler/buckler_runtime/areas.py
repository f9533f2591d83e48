# SPDX-License-Identifier: Apache-2.0
"""The memory that the server shares with the worker."""
from __future__ import annotations

import mmap
import os


class Areas:
    """Maps each area once, as the server hands it over, and never lets go of it: arrays point into it."""

    def __init__(self) -> None:
        self.requests: dict[int, mmap.mmap] = {}
        self.responses: dict[int, mmap.mmap] = {}

    def add(self, number: int, for_responses: bool, size: int, descriptor: int) -> None:
        """Maps an area and closes its descriptor. Request areas are sealed: they can only be read."""
        protection = mmap.PROT_READ | (mmap.PROT_WRITE if for_responses else 0)
        try:
            memory = mmap.mmap(descriptor, size, mmap.MAP_SHARED, protection)
        finally:
            os.close(descriptor)
        (self.responses if for_responses else self.requests)[number] = memory

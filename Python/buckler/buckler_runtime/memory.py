# SPDX-License-Identifier: Apache-2.0
"""How the C library keeps freed memory."""
from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_KEPT = 64 << 20


def keep_freed_arrays() -> None:
    """Lets arrays of some MB be made from memory that was used before.

    Otherwise each is mapped and unmapped anew, and faulting its pages in takes longer than most models do.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return  # Not every C library has it.
    mallopt(_MMAP_THRESHOLD, _KEPT)
    mallopt(_TRIM_THRESHOLD, _KEPT)

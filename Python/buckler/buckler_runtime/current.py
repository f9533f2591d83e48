# SPDX-License-Identifier: Apache-2.0
"""What the functions that user code calls without an object act on: set by the worker, empty outside of one."""
from __future__ import annotations

from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from .channel import Channel
    from .outlet import Outlet

channel: Optional["Channel"] = None
outlet: Optional["Outlet"] = None
model_directory: Optional[str] = None

# SPDX-License-Identifier: Apache-2.0
"""What the functions that user code calls without an object act on: set by the worker, empty outside of one."""
from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from .areas import Areas
    from .calls import Calls
    from .channel import Channel
    from .outlet import Outlet

channel: Optional["Channel"] = None
areas: Optional["Areas"] = None
outlet: Optional["Outlet"] = None
model_directory: Optional[str] = None
# Set while the model serves: nothing is called before, and nothing after.
calls: Optional["Calls"] = None
# The request that is being answered where execute was given only one; 0 where it may be any of those in hand. What
# execute starts as a coroutine inherits it, other threads do not.
request: ContextVar = ContextVar("request", default=0)

# SPDX-License-Identifier: Apache-2.0
"""The logger of models: lines go to the server's log."""
from __future__ import annotations

import sys
from enum import IntEnum

from . import current, layout


class LogLevel(IntEnum):
    """Triton's levels, by its numbers."""

    INFO = 0
    WARNING = 1
    ERROR = 2
    VERBOSE = 3


_LEVELS = {LogLevel.VERBOSE: 0, LogLevel.INFO: 1, LogLevel.WARNING: 2, LogLevel.ERROR: 3}


class Logger:
    """Writes to the server's log, from any thread. Verbose lines are dropped there unless it is asked for them."""

    LogLevel = LogLevel
    INFO, WARNING, ERROR, VERBOSE = LogLevel.INFO, LogLevel.WARNING, LogLevel.ERROR, LogLevel.VERBOSE

    @staticmethod
    def log(message: str, level: LogLevel = LogLevel.INFO) -> None:
        """Writes a line."""
        if not isinstance(message, str):
            raise TypeError(f"the message must be a str, not {type(message).__name__}")
        text = layout.cut(message, layout.LOG_LIMIT)
        if current.channel is None:
            print(message, file=sys.stderr)
        else:
            current.channel.send(layout.message(layout.LOG, _LEVELS[LogLevel(level)], text))

    @staticmethod
    def log_info(message: str) -> None:
        """Writes what is worth knowing."""
        Logger.log(message, LogLevel.INFO)

    @staticmethod
    def log_warn(message: str) -> None:
        """Writes a warning."""
        Logger.log(message, LogLevel.WARNING)

    @staticmethod
    def log_error(message: str) -> None:
        """Writes an error."""
        Logger.log(message, LogLevel.ERROR)

    @staticmethod
    def log_verbose(message: str) -> None:
        """Writes what is of interest only while looking for a fault."""
        Logger.log(message, LogLevel.VERBOSE)

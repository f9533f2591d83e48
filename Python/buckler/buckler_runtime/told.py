# SPDX-License-Identifier: Apache-2.0
"""Questions to the server, and what it tells."""
from __future__ import annotations

from . import current, layout
from .errors import TritonModelException


def value_of(kind: int, body: bytes, what: str) -> int:
    """Asks, and gives the number that the server tells; raises what it tells if it refuses."""
    if current.channel is None:
        raise TritonModelException(f"{what} is only there while a model is served")
    if len(body) > layout.MESSAGE_LIMIT - layout.HEAD.size:
        raise TritonModelException(f"{what}: what is asked is too long")
    told = current.channel.ask(kind, body)
    failed, _, length, _, value = layout.TOLD_BODY.unpack_from(told)
    if failed:
        start = layout.TOLD_BODY.size
        raise TritonModelException(told[start:start + length].decode("utf-8"))
    return value


def encoded(text: str, limit: int, what: str) -> bytes:
    """The text as UTF-8, of no more than so many bytes."""
    if not isinstance(text, str):
        raise TypeError(f"{what} must be a str, not {type(text).__name__}")
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError:
        raise TritonModelException(f"{what} {text!r} is not valid Unicode") from None
    if len(data) > limit:
        raise TritonModelException(f"{what} has more than {limit} bytes")
    return data

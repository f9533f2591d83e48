# SPDX-License-Identifier: Apache-2.0
"""What a model may ask and want of other models, besides calling them."""
from __future__ import annotations

from typing import Optional, Union

from . import current, layout
from .errors import TritonModelException
from .told import encoded, value_of

_READY, _LOAD, _UNLOAD, _UNLOAD_WITH_DEPENDENTS = range(1, 5)
_NAME_LIMIT = 4_096


def is_ready(name: str, version: Union[str, int] = "") -> bool:
    """Whether a model, or that version of it, is ready."""
    try:
        number = int(version) if version != "" else -1
    except ValueError:
        raise TritonModelException(f"model_version must be a number, not {version!r}") from None
    return value_of(layout.ASK, _question(_READY, name, version=number), "is_model_ready") == 1


def unload(name: str, dependents: bool) -> None:
    """Begins to unload a model."""
    what = _UNLOAD_WITH_DEPENDENTS if dependents else _UNLOAD
    value_of(layout.ASK, _question(what, name), "unload_model")


def load(name: str, config: str, files: Optional[dict]) -> None:
    """Loads a model and waits until it is ready, or has failed to load."""
    parts = [("", config.encode("utf-8"))] if config else []
    for path, content in (files or {}).items():
        if not isinstance(content, bytes) or not path.startswith("file:"):
            raise TritonModelException("files must hold bytes by path, as in {'file:1/model.onnx': b'...'}")
        parts.append((path[len("file:"):], content))
    if not parts or current.channel is None:
        value_of(layout.ASK, _question(_LOAD, name), "load_model")
        return
    lease = current.channel.lease(sum(len(content) for _, content in parts))
    if lease is None:
        raise TritonModelException("load_model: the server has no room for the files")
    area, offset, _ = lease
    memory, at, described = current.areas.responses[area], offset, b""
    try:
        for path, content in parts:
            memory[at:at + len(content)] = content
            data = encoded(path, _NAME_LIMIT, "a file's name")
            described += layout.padded(layout.PART.pack(len(data), area, at, len(content)) + data)
            at += len(content)
        value_of(layout.ASK, _question(_LOAD, name, len(parts)) + described, "load_model")
    finally:
        current.channel.send(
            layout.message(layout.LEASE_RETURNED, 0, layout.LEASE_RETURNED_BODY.pack(area, 0, offset)))


def _question(what: int, name: str, parts: int = 0, version: int = -1) -> bytes:
    data = encoded(name, _NAME_LIMIT, "model_name")
    if not -1 <= version < 2**63:
        raise TritonModelException(f"model_version {version} is out of range")
    return layout.ASK_BODY.pack(what, len(data), version, parts, 0) + layout.padded(data)

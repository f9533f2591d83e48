# SPDX-License-Identifier: Apache-2.0
"""Custom parameters of requests and responses: a JSON object whose values are bools, integers and texts."""
from __future__ import annotations

import json
from typing import Any

from .errors import TritonModelException


def json_text(parameters: dict | None) -> str:
    """The parameters as JSON text, after checking that they are what clients can be sent."""
    if parameters is None:
        return "{}"
    if not isinstance(parameters, dict):
        raise TritonModelException(f"Expect dict, got {type(parameters)}")
    for name, value in parameters.items():
        _check(name, value)
    return json.dumps(parameters)


def _check(name: Any, value: Any) -> None:
    if not isinstance(name, str):
        raise TritonModelException(f"Expect parameters keys to have type str, found type {type(name)}")
    if not isinstance(value, (bool, int, str)):
        raise TritonModelException(f"Expect parameters values to have type bool/int/str, found type {type(value)}")
    if isinstance(value, int) and not -2**63 <= value < 2**63:
        raise TritonModelException(f"parameter '{name}' does not fit into 64 bits")
    for text in (name, value):
        if isinstance(text, str) and not text.isascii():
            try:
                text.encode("utf-8")
            except UnicodeEncodeError:
                raise TritonModelException(f"parameter {name!r} is not valid Unicode") from None

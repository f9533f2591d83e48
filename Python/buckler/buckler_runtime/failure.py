# SPDX-License-Identifier: Apache-2.0
"""The text of an exception of user code, in Triton's wording: what was raised, then where, the innermost first."""
from __future__ import annotations

import os
from typing import Optional

from .errors import TritonModelException

_RUNTIME = os.path.dirname(os.path.abspath(__file__)) + os.sep


class ModelFault(TritonModelException):
    """A model broke a rule; the runtime found it, so that no line of the model is to blame."""


def text_of(error: BaseException, model_directory: Optional[str]) -> str:
    """The exception's text. Files are named from the model's directory on: clients are shown no paths of the host."""
    if isinstance(error, ModelFault):
        return str(error)
    try:
        text = f"{type(error).__name__}: {error}"
    except Exception:  # A faulty __str__ of user code.
        text = type(error).__name__
    lines = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if not code.co_filename.startswith(_RUNTIME):
            lines.append(f"  {_shown(code.co_filename, model_directory)}({trace.tb_lineno}): {code.co_name}\n")
        trace = trace.tb_next
    return text + "\n\nAt:\n" + "".join(reversed(lines)) if lines else text


def _shown(path: str, model_directory: Optional[str]) -> str:
    if model_directory and path.startswith(model_directory + os.sep):
        return path[len(model_directory) + 1:]
    return os.path.basename(path)

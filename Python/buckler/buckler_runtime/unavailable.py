# SPDX-License-Identifier: Apache-2.0
"""The parts of Triton's Python interface that Buckler does not have yet, in one table, and how they say so."""
from __future__ import annotations

from .errors import TritonModelException

# name of the feature -> what is missing
FEATURES = {
    "InferenceRequest.set_release_flags": "rescheduling of requests",
    "InferenceTrace.get_context": "trace contexts",
}


def refuse(name: str) -> TritonModelException:
    """The exception to raise where a model uses a feature of the table."""
    return TritonModelException(f"{name} is not supported by this server yet: it has no {FEATURES[name]}")

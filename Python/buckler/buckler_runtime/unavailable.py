# SPDX-License-Identifier: Apache-2.0
"""The parts of Triton's Python interface that Buckler does not have yet, in one table, and how they say so."""
from __future__ import annotations

from .errors import TritonModelException

# name of the feature -> what is missing
FEATURES = {
    "InferenceRequest.exec": "calling other models (BLS)",
    "InferenceRequest.async_exec": "calling other models (BLS)",
    "load_model": "loading models from a model",
    "unload_model": "unloading models from a model",
    "is_model_ready": "asking for other models' readiness",
    "MetricFamily": "custom metrics",
    "InferenceRequest.set_release_flags": "rescheduling of requests",
    "InferenceTrace.get_context": "trace contexts",
}


def refuse(name: str) -> TritonModelException:
    """The exception to raise where a model uses a feature of the table."""
    return TritonModelException(f"{name} is not supported by this server yet: it has no {FEATURES[name]}")


class ResponseIterator:
    """The responses of another, decoupled model."""

    def __init__(self, *_: object) -> None:
        raise refuse("InferenceRequest.exec")

    def __iter__(self) -> "ResponseIterator":
        """Not there yet."""
        raise refuse("InferenceRequest.exec")

    def __next__(self) -> object:
        """Not there yet."""
        raise refuse("InferenceRequest.exec")

    def cancel(self) -> None:
        """Not there yet."""
        raise refuse("InferenceRequest.exec")

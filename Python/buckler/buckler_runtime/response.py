# SPDX-License-Identifier: Apache-2.0
"""Responses: what a model answers a request with."""
from __future__ import annotations

from typing import Optional

from .errors import TritonError, TritonModelException
from .parameters import json_text
from .tensor import Tensor


class InferenceResponse:
    """Outputs, or an error; and parameters for the client."""

    def __init__(self, output_tensors: Optional[list] = None, error: Optional[TritonError] = None,
                 parameters: Optional[dict] = None) -> None:
        outputs = [] if output_tensors is None else list(output_tensors)
        for tensor in outputs:
            if not isinstance(tensor, Tensor):
                if tensor is None:
                    raise TritonModelException("Output tensor for inference response should not be empty.")
                raise TypeError(f"output_tensors must hold Tensor objects, not {type(tensor).__name__}")
        if error is not None and not isinstance(error, TritonError):
            raise TypeError(f"error must be a TritonError, not {type(error).__name__}")
        self._outputs = outputs
        self._error = error
        self._parameters = None if parameters is None else json_text(parameters)

    def output_tensors(self) -> list:
        """The outputs."""
        return list(self._outputs)

    def has_error(self) -> bool:
        """Whether the response carries an error instead of outputs."""
        return self._error is not None

    def error(self) -> Optional[TritonError]:
        """The error, if there is one."""
        return self._error

    def parameters(self) -> str:
        """The parameters as JSON text."""
        return self._parameters or "{}"

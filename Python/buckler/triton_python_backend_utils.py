# SPDX-License-Identifier: Apache-2.0
"""The module that Triton's Python models import: the same names, in pure Python and numpy."""
from __future__ import annotations

from typing import Any, Optional

import numpy as _np

from buckler_runtime import current as _current
from buckler_runtime import datatypes as _datatypes
from buckler_runtime import models as _models
from buckler_runtime import request as _request
from buckler_runtime import sender as _sender
from buckler_runtime.calls import ResponseIterator
from buckler_runtime.config import ModelConfig
from buckler_runtime.errors import TritonError, TritonModelException
from buckler_runtime.log import Logger, LogLevel
from buckler_runtime.metrics import Metric, MetricFamily, MetricKind
from buckler_runtime.request import InferenceRequest, InferenceTrace, MemoryType, PreferredMemory
from buckler_runtime.response import InferenceResponse
from buckler_runtime.sender import InferenceResponseSender
from buckler_runtime.tensor import Tensor
from buckler_runtime.texts import deserialize_bytes_tensor, serialize_byte_tensor

__all__ = [
    "InferenceRequest", "InferenceResponse", "InferenceResponseSender", "InferenceTrace", "LogLevel", "Logger",
    "MemoryType", "Metric", "MetricFamily", "MetricKind", "ModelConfig", "PreferredMemory", "ResponseIterator",
    "TRITONSERVER_MEMORY_CPU", "TRITONSERVER_MEMORY_GPU", "TRITONSERVER_REQUEST_FLAG_SEQUENCE_END",
    "TRITONSERVER_REQUEST_FLAG_SEQUENCE_START", "TRITONSERVER_REQUEST_RELEASE_ALL",
    "TRITONSERVER_REQUEST_RELEASE_RESCHEDULE", "TRITONSERVER_RESPONSE_COMPLETE_FINAL", "TRITON_STRING_TO_NUMPY",
    "Tensor", "TritonError", "TritonModelException", "deserialize_bytes_tensor", "empty_output",
    "get_input_config_by_name", "get_input_tensor_by_name", "get_model_dir", "get_output_config_by_name",
    "get_output_tensor_by_name", "is_model_ready", "load_model", "numpy_to_triton_type", "serialize_byte_tensor",
    "triton_string_to_numpy", "triton_to_numpy_type", "unload_model", "using_decoupled_model_transaction_policy",
]

TRITONSERVER_REQUEST_FLAG_SEQUENCE_START = 1
TRITONSERVER_REQUEST_FLAG_SEQUENCE_END = 2
TRITONSERVER_RESPONSE_COMPLETE_FINAL = _sender.FINAL
TRITONSERVER_REQUEST_RELEASE_ALL = _request.RELEASE_ALL
TRITONSERVER_REQUEST_RELEASE_RESCHEDULE = _request.RELEASE_RESCHEDULE
TRITONSERVER_MEMORY_GPU = MemoryType.TRITONSERVER_MEMORY_GPU
TRITONSERVER_MEMORY_CPU = MemoryType.TRITONSERVER_MEMORY_CPU
TRITON_STRING_TO_NUMPY = _datatypes.NUMPY_BY_NAME


def get_input_tensor_by_name(inference_request: InferenceRequest, name: str) -> Optional[Tensor]:
    """The request's input of that name, None if it has none."""
    for tensor in inference_request._inputs:
        if tensor._name == name:
            return tensor
    return None


def get_output_tensor_by_name(inference_response: InferenceResponse, name: str) -> Optional[Tensor]:
    """The response's output of that name, None if it has none."""
    for tensor in inference_response._outputs:
        if tensor._name == name:
            return tensor
    return None


def get_input_config_by_name(model_config: dict, name: str) -> Optional[dict]:
    """The configuration of the input of that name, None if there is none."""
    return _named(model_config.get("input"), name)


def get_output_config_by_name(model_config: dict, name: str) -> Optional[dict]:
    """The configuration of the output of that name, None if there is none."""
    return _named(model_config.get("output"), name)


def using_decoupled_model_transaction_policy(model_config: dict) -> bool:
    """Whether the configuration says that the model answers a request any number of times."""
    return model_config.get("model_transaction_policy", {}).get("decoupled", False)


def triton_to_numpy_type(data_type: int) -> Any:
    """numpy's type of a data type by number; None for those it has no type for."""
    return _datatypes.NUMPY.get(data_type)


def numpy_to_triton_type(data_type: Any) -> Optional[int]:
    """The number of a data type by numpy's type; None if there is none."""
    return _datatypes.number_of(_np.dtype(data_type))


def triton_string_to_numpy(triton_type_string: str) -> Any:
    """numpy's type of a data type by its name in model configurations, such as TYPE_FP32."""
    return _datatypes.NUMPY_BY_NAME[triton_type_string]


def get_model_dir() -> str:
    """The directory of the model's file."""
    if _current.model_directory is None:
        raise TritonModelException("get_model_dir is only there while a model is served")
    return _current.model_directory


def empty_output(shape: Any, dtype: Any) -> _np.ndarray:
    """An array for an output of the running batch, if there is room in the memory that the server reads it from.

    Buckler's own: what is computed into it need not be copied. It is only valid until execute returns; elsewhere, or
    if there is no room, it is an ordinary new array.
    """
    shape = tuple(shape) if hasattr(shape, "__iter__") else (int(shape),)
    dtype = _np.dtype(dtype)
    place = None
    if _current.outlet is not None and not dtype.hasobject:
        place = _current.outlet.empty(shape, dtype)
    return _np.empty(shape, dtype) if place is None else place


def load_model(model_name: str, config: str = "", files: Optional[dict] = None) -> None:
    """Loads or reloads a model, once the operator has given this one the right to (--model-control-for).

    config is a configuration in JSON that counts in place of the repository's, files is what there is in place of its
    directory: bytes by path, as in {"file:1/model.onnx": ...}.
    """
    _models.load(model_name, config, files)


def unload_model(model_name: str, unload_dependents: bool = False) -> None:
    """Begins to unload a model, once the operator has given this one the right to (--model-control-for)."""
    _models.unload(model_name, unload_dependents)


def is_model_ready(model_name: str, model_version: str = "") -> bool:
    """Whether a model is ready, and those whose requests are being answered may call it."""
    return _models.is_ready(model_name, model_version)


def _named(entries: Optional[list], name: str) -> Optional[dict]:
    for entry in entries or ():
        if entry["name"] == name:
            return entry
    return None

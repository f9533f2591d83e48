# SPDX-License-Identifier: Apache-2.0
"""The user's model: its module, its instance, and its functions as Triton calls them."""
from __future__ import annotations

import importlib.util
import json
import os
import sys
from types import CoroutineType, ModuleType
from typing import Any, Optional

from .config import ModelConfig
from .failure import ModelFault
from .log import Logger
from .response import InferenceResponse
from .sources import SourceLoader, read_sources_only


def load_module(path: str) -> ModuleType:
    """Imports a model's file as the module VERSION.NAME, as Triton does, so that relative imports and pickle work."""
    if not os.path.isfile(path):
        raise ModelFault(f"Python model file not found in '{os.path.basename(path)}'")
    directory, name = os.path.split(path)
    stem, extension = os.path.splitext(name)
    if extension != ".py":
        raise ModelFault(f"Model name must end with '.py'. Model name is \"{name}\".")
    read_sources_only(os.path.dirname(directory))
    sys.path.insert(0, directory)
    sys.path.append(os.path.dirname(directory))
    package = os.path.basename(directory).replace(".", "_") or "model_directory"
    holder = sys.modules.setdefault(package, ModuleType(package))
    if not hasattr(holder, "__path__"):
        holder.__path__ = [directory]
    full = f"{package}.{stem}"
    spec = importlib.util.spec_from_file_location(full, path, loader=SourceLoader(full, path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[full] = module
    setattr(holder, stem, module)
    spec.loader.exec_module(module)
    return module


def complete(module: ModuleType, name: str, config: str) -> dict:
    """The configuration as the model's auto_complete_config fills it in."""
    model_config: Any = ModelConfig(config)
    function = getattr(module.TritonPythonModel, "auto_complete_config", None)
    if function is not None:
        model_config = function(model_config)
    if not isinstance(model_config, ModelConfig):
        raise ModelFault(f"auto_complete_config function in model '{name}' must return a valid pb.ModelConfig object.")
    return model_config.as_dict()


def _is_on(config: dict, parameter: str) -> bool:
    value = ((config.get("parameters") or {}).get(parameter) or {}).get("string_value", "")
    return value.lower() in ("1", "true", "yes", "on")


class Model:
    """An instance of the user's class."""

    def __init__(self, module: ModuleType, arguments: dict) -> None:
        config = json.loads(arguments["model_config"])
        self.name = arguments.get("model_instance_name") or arguments["model_name"]
        self.decoupled = bool((config.get("model_transaction_policy") or {}).get("decoupled", False))
        self.output_names = frozenset(output["name"] for output in config.get("output") or ())
        self.writes_inputs = _is_on(config, "BUCKLER_WRITABLE_INPUTS")
        self._file = os.path.basename(module.__file__)
        self._loop: Any = None
        self._background: set = set()
        self._model = module.TritonPythonModel()
        self.has_is_ready = hasattr(self._model, "is_ready")
        if hasattr(self._model, "initialize"):
            self._model.initialize(dict(arguments))

    def execute(self, requests: list) -> Optional[list]:
        """Runs execute. Gives a response or None for each request; None for all if senders answer them."""
        function = getattr(self._model, "execute", None)
        if function is None:
            raise ModelFault(f"Python model {self._file} does not implement `execute` method.")
        responses = function(requests)
        if type(responses) is CoroutineType:
            if self.decoupled:
                self._run_in_background(responses)
                return None
            responses = self._run(responses)
        if responses is None:
            return None
        self._check(requests, responses)
        return responses

    def is_ready(self) -> bool:
        """What the model's is_ready says; an error means no."""
        if not self.has_is_ready:
            return True
        try:
            ready = self._model.is_ready()
            if type(ready) is CoroutineType:
                ready = self._run(ready)
            if not isinstance(ready, bool):
                raise ModelFault("is_ready() must return a boolean value")
            return ready
        except Exception as error:
            Logger.log_error(f"is_ready of model '{self.name}' failed: {type(error).__name__}: {error}")
            return False

    def finalize(self) -> None:
        """Lets the model clean up."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
        if hasattr(self._model, "finalize"):
            self._model.finalize()

    def _check(self, requests: list, responses: Any) -> None:
        if self.decoupled:
            raise ModelFault(f"Python model '{self.name}' is using the decoupled mode and the execute function must "
                             "return None.")
        if not isinstance(responses, list):
            raise ModelFault(f"Expected a list in the execute return, found type '{type(responses)}'.")
        if len(responses) != len(requests):
            raise ModelFault("Number of InferenceResponse objects do not match the number of InferenceRequest objects. "
                             f"InferenceRequest(s) size is:{len(requests)}, and InferenceResponse(s) size is:"
                             f"{len(responses)}\n")
        for request, response in zip(requests, responses):
            if response is None:
                continue
            if not isinstance(response, InferenceResponse):
                raise ModelFault("Expected an 'InferenceResponse' object in the execute function return list, found "
                                 f"type '{type(response)}'.")
            if request._sender is not None:
                request._sender.answered_by_return()

    def _run(self, coroutine: CoroutineType) -> Any:
        import asyncio
        return asyncio.run_coroutine_threadsafe(coroutine, self._event_loop()).result()

    def _run_in_background(self, coroutine: CoroutineType) -> None:
        import asyncio
        future = asyncio.run_coroutine_threadsafe(coroutine, self._event_loop())
        self._background.add(future)
        future.add_done_callback(self._background_done)

    def _background_done(self, future: Any) -> None:
        self._background.discard(future)
        error = None if future.cancelled() else future.exception()
        if error is not None:
            import traceback
            Logger.log_error("".join(traceback.format_exception(type(error), error, error.__traceback__)))
            # Its frames hold the requests, whose clients wait to be told.
            traceback.clear_frames(error.__traceback__)

    def _event_loop(self) -> Any:
        # Imported when it is needed: it takes as long as the rest of the runtime.
        import asyncio
        import threading
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._loop.run_forever, daemon=True, name="model's event loop").start()
        return self._loop

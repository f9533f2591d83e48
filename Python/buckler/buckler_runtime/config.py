# SPDX-License-Identifier: Apache-2.0
"""The model configuration as auto_complete_config changes it. Errors are worded as Triton's, which tests look for."""
from __future__ import annotations

import json
from typing import Any

_SCHEDULERS = ("sequence_batching", "ensemble_scheduling")
_FUNCTION = "auto-complete-config function"


class ModelConfig:
    """A model's configuration, to be filled in but not contradicted."""

    def __init__(self, model_config: str) -> None:
        self._model_config = json.loads(model_config)

    def as_dict(self) -> dict:
        """The configuration, to be read."""
        return self._model_config

    def set_max_batch_size(self, max_batch_size: int) -> None:
        """Sets max_batch_size, to no less than was configured."""
        configured = self._model_config.get("max_batch_size", 0)
        if configured > max_batch_size:
            raise ValueError(f"configuration specified max_batch_size {configured}, but in {_FUNCTION} for model "
                             f"'{self._name()}' specified max_batch_size {max_batch_size}")
        self._model_config["max_batch_size"] = max_batch_size

    def set_dynamic_batching(self) -> None:
        """Chooses dynamic batching, unless another scheduler was configured."""
        for scheduler in _SCHEDULERS:
            if scheduler in self._model_config:
                raise ValueError(f"Configuration specified scheduling_choice as '{scheduler}', but {_FUNCTION} for "
                                 f"model '{self._name()}' tries to set scheduling_choice as 'dynamic_batching'")
        self._model_config.setdefault("dynamic_batching", {})

    def add_input(self, input: dict) -> None:
        """Adds an input of name, data_type and dims, and optional; one that is configured has to agree."""
        self._add("input", input, ("name", "data_type", "dims", "optional"),
                  "'name', 'data_type', 'dims' and 'optional'")

    def add_output(self, output: dict) -> None:
        """Adds an output of name, data_type and dims; one that is configured has to agree."""
        self._add("output", output, ("name", "data_type", "dims"), "'name', 'data_type' and 'dims'")

    def set_model_transaction_policy(self, transaction_policy_dict: dict) -> None:
        """Sets whether the model is decoupled, unless the contrary was configured."""
        for name in transaction_policy_dict:
            if name != "decoupled":
                raise ValueError(f"model transaction property in {_FUNCTION} for model '{self._name()}' contains "
                                 "property other than 'decoupled'.")
        policy = self._model_config.setdefault("model_transaction_policy", {})
        if "decoupled" not in transaction_policy_dict:
            return
        wanted = transaction_policy_dict["decoupled"]
        if "decoupled" in policy and policy["decoupled"] != wanted:
            raise ValueError("trying to change decoupled property in auto-complete-config for model "
                             f"'{self._name()}', which is already set to '{policy['decoupled']}'.")
        policy["decoupled"] = wanted

    def _name(self) -> str:
        return self._model_config["name"]

    def _add(self, kind: str, tensor: dict, properties: tuple, listed: str) -> None:
        where = f"in {_FUNCTION} for model '{self._name()}'"
        if any(name not in properties for name in tensor):
            raise ValueError(f"{kind} '{tensor.get('name', '')}' {where} contains property other than {listed}.")
        if "name" not in tensor:
            raise ValueError(f"{kind} {where} is missing 'name' property.")
        for name in ("data_type", "dims"):
            if name not in tensor:
                raise ValueError(f"{kind} '{tensor['name']}' {where} is missing '{name}' property.")
        configured = self._model_config.setdefault(kind, [])
        for present in configured:
            if present["name"] == tensor["name"]:
                self._agree(kind, present, tensor)
                for name in properties[1:]:
                    if name in tensor:
                        present[name] = tensor[name]
                return
        configured.append(tensor)

    def _agree(self, kind: str, present: dict, tensor: dict) -> None:
        name = tensor["name"]
        data_type: Any = present.get("data_type", "TYPE_INVALID")
        if data_type not in ("TYPE_INVALID", tensor["data_type"]):
            raise ValueError(f"unable to load model '{self._name()}', configuration expects datatype {data_type} for "
                             f"{kind} '{name}', model provides {tensor['data_type']}")
        if present.get("dims") and present["dims"] != tensor["dims"]:
            raise ValueError(f"model '{self._name()}', tensor '{name}': the model expects dims {tensor['dims']} but "
                             f"the model configuration specifies dims {present['dims']}")
        if "optional" in present and "optional" in tensor and present["optional"] != tensor["optional"]:
            raise ValueError(f"model '{self._name()}', tensor '{name}': the model expects optional "
                             f"{tensor['optional']} but the model configuration specifies optional "
                             f"{present['optional']}")

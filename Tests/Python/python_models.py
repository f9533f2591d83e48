# SPDX-License-Identifier: Apache-2.0
"""Triton model.py files for the tests, and a way to put one in a repository."""
import textwrap

HEAD = """
import json, os, signal, socket, sys, threading, time
import numpy as np
import triton_python_backend_utils as pb_utils

"""

ECHO = """
class TritonPythonModel:
    def execute(self, requests):
        return [pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", pb_utils.get_input_tensor_by_name(r, "INPUT0").as_numpy())])
                for r in requests]
"""


def model_of(body, head=HEAD):
    return head + textwrap.dedent(body)


def scripted(execute):
    """A model whose execute() handles one request `r` with value `x` of INPUT0 by the given lines, which set `y`."""
    return model_of("""
class TritonPythonModel:
    def execute(self, requests):
        responses = []
        for r in requests:
            x = pb_utils.get_input_tensor_by_name(r, "INPUT0").as_numpy()
            y = x
%s
            responses.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", y)]))
        return responses
""" % textwrap.indent(textwrap.dedent(execute).strip("\n"), " " * 12))


def python_model(repository, name, code, dims="-1", dtype="TYPE_FP32", batch=0, extra="", config=True):
    directory = repository / name
    (directory / "1").mkdir(parents=True)
    (directory / "1" / "model.py").write_text(code)
    if config:
        (directory / "config.pbtxt").write_text(
            f'backend: "python"\nmax_batch_size: {batch}\n'
            f'input {{ name: "INPUT0" data_type: {dtype} dims: [ {dims} ] }}\n'
            f'output {{ name: "OUTPUT0" data_type: {dtype} dims: [ {dims} ] }}\n{extra}\n'
        )
    return directory

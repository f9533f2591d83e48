#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the models that are measured, as a Triton repository: make.py DIRECTORY

Weights are random and seeded: speed does not depend on what a model knows, and nothing has to be fetched.
"""
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17


class Graph:
    """Nodes and weights in the order in which they are added; every method returns the name of its output."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.nodes, self.weights = [], []

    def weight(self, shape, fan_in):
        name = f"w{len(self.weights)}"
        values = self.random.standard_normal(shape, dtype=np.float32) * np.float32(np.sqrt(2 / fan_in))
        self.weights.append(numpy_helper.from_array(values.astype(np.float32), name))
        return name

    def constant(self, values):
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(values, dtype=np.float32), name))
        return name

    def node(self, kind, *inputs, output=None, **attributes):
        output = output or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def dense(self, x, inputs, outputs):
        bias = self.constant(np.zeros(outputs))
        return self.node("Gemm", x, self.weight((inputs, outputs), inputs), bias)

    def convolution(self, x, inputs, outputs, size, stride=1, relu=True):
        """Convolution, batch normalisation and, unless told otherwise, ReLU."""
        kernel = self.weight((outputs, inputs, size, size), inputs * size * size)
        x = self.node("Conv", x, kernel, kernel_shape=[size] * 2, strides=[stride] * 2, pads=[size // 2] * 4)
        ones, zeros = np.ones(outputs), np.zeros(outputs)
        x = self.node("BatchNormalization", x, *map(self.constant, (ones, zeros, zeros, ones)))
        return self.node("Relu", x) if relu else x

    def model(self, name, input_shape, output_shape):
        graph = helper.make_graph(
            self.nodes,
            name,
            [helper.make_tensor_value_info("INPUT0", TensorProto.FLOAT, ["batch", *input_shape])],
            [helper.make_tensor_value_info("OUTPUT0", TensorProto.FLOAT, ["batch", *output_shape])],
            self.weights,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="buckler")
        model.ir_version = 8
        onnx.checker.check_model(model)
        return model


def mlp():
    """784 → 256 → 256 → 10, softmax at the end."""
    graph = Graph(seed=1)
    x = graph.node("Relu", graph.dense("INPUT0", 784, 256))
    x = graph.node("Relu", graph.dense(x, 256, 256))
    graph.node("Softmax", graph.dense(x, 256, 10), axis=-1, output="OUTPUT0")
    return graph.model("mlp", [784], [10])


def bottleneck(graph, x, inputs, width, stride):
    y = graph.convolution(x, inputs, width, 1)
    y = graph.convolution(y, width, width, 3, stride)
    y = graph.convolution(y, width, 4 * width, 1, relu=False)
    if inputs != 4 * width or stride != 1:
        x = graph.convolution(x, inputs, 4 * width, 1, stride, relu=False)
    return graph.node("Relu", graph.node("Add", x, y))


def resnet50():
    """The layers of ResNet-50 with stride in the 3x3 convolutions."""
    graph = Graph(seed=2)
    x = graph.convolution("INPUT0", 3, 64, 7, 2)
    x = graph.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    channels = 64
    for width, blocks, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for block in range(blocks):
            x = bottleneck(graph, x, channels, width, stride if block == 0 else 1)
            channels = 4 * width
    x = graph.node("Flatten", graph.node("GlobalAveragePool", x))
    graph.node("Softmax", graph.dense(x, channels, 1000), axis=-1, output="OUTPUT0")
    return graph.model("resnet50", [3, 224, 224], [1000])


CONFIGURATION = """\
name: "{name}"
backend: "onnxruntime"
max_batch_size: {max_batch}
input {{ name: "INPUT0" data_type: TYPE_FP32 dims: [ {input} ] }}
output {{ name: "OUTPUT0" data_type: TYPE_FP32 dims: [ {output} ] }}
instance_group {{ count: 1 kind: KIND_CPU }}
dynamic_batching {{ }}
parameters {{ key: "intra_op_thread_count" value {{ string_value: "{threads}" }} }}
parameters {{ key: "inter_op_thread_count" value {{ string_value: "1" }} }}
"""


def write(root, name, model, **configuration):
    (root / name / "1").mkdir(parents=True, exist_ok=True)
    onnx.save(model, root / name / "1" / "model.onnx")
    (root / name / "config.pbtxt").write_text(CONFIGURATION.format(name=name, **configuration))


IDENTITY = """\
name: "image"
backend: "identity"
max_batch_size: 8
input { name: "INPUT0" data_type: TYPE_FP32 dims: [ 3, 224, 224 ] }
output { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ 3, 224, 224 ] }
"""

# Answers each element of IN with a response of its own.
REPEAT = """\
name: "repeat"
backend: "repeat"
max_batch_size: 0
model_transaction_policy { decoupled: true }
input [ { name: "IN" data_type: TYPE_INT32 dims: [ -1 ] },
        { name: "DELAY" data_type: TYPE_UINT32 dims: [ -1 ] },
        { name: "WAIT" data_type: TYPE_UINT32 dims: [ 1 ] } ]
output [ { name: "OUT" data_type: TYPE_INT32 dims: [ 1 ] },
         { name: "IDX" data_type: TYPE_UINT32 dims: [ 1 ] } ]
"""


def main():
    root = Path(sys.argv[1])
    # An image that no engine computes on: what is left is the cost of reading and writing it.
    for name, configuration in (("image", IDENTITY), ("repeat", REPEAT)):
        (root / name / "1").mkdir(parents=True, exist_ok=True)
        (root / name / "config.pbtxt").write_text(configuration)
    write(root, "mlp", mlp(), input="784", output="10", max_batch=64, threads=1)
    write(root, "resnet50", resnet50(), input="3, 224, 224", output="1000", max_batch=8, threads=1)


if __name__ == "__main__":
    main()

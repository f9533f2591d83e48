# SPDX-License-Identifier: Apache-2.0
"""Writes the ONNX models of the engine tests beside this file. Needs `onnx` and `numpy` from PyPI."""
import pathlib

import numpy as np
from onnx import TensorProto as T
from onnx import helper, numpy_helper

HERE = pathlib.Path(__file__).parent
OPSET = [helper.make_opsetid("", 18)]
TYPES = {
    "bool": T.BOOL, "uint8": T.UINT8, "uint16": T.UINT16, "uint32": T.UINT32, "uint64": T.UINT64,
    "int8": T.INT8, "int16": T.INT16, "int32": T.INT32, "int64": T.INT64,
    "fp16": T.FLOAT16, "fp32": T.FLOAT, "fp64": T.DOUBLE, "bytes": T.STRING, "bf16": T.BFLOAT16,
}
ADDABLE = ["uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "fp16", "fp32", "fp64"]


def value(name, kind, shape):
    return helper.make_tensor_value_info(name, kind, shape)


def save(name, nodes, inputs, outputs, initializers=(), edit=None):
    graph = helper.make_graph(nodes, "g", inputs, outputs, initializer=list(initializers))
    model = helper.make_model(graph, opset_imports=OPSET, producer_name="")
    model.ir_version = 9
    if edit:
        edit(model)
    path = HERE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())


def external(name, shape, location, **entries):
    tensor = T()
    tensor.name = name
    tensor.data_type = T.FLOAT
    tensor.dims.extend(shape)
    tensor.data_location = T.EXTERNAL
    for key, text in {"location": location, **entries}.items():
        entry = tensor.external_data.add()
        entry.key, entry.value = key, str(text)
    return tensor


# Sum and difference of two inputs, batched; types without an Add kernel go through one that has it.
for name in ADDABLE:
    kind = TYPES[name]
    nodes = []
    a, b, s, d = "INPUT0", "INPUT1", "OUTPUT0", "OUTPUT1"
    if name in ("uint8", "uint16", "int8", "int16"):
        nodes += [helper.make_node("Cast", [x], [x + "w"], to=T.INT32) for x in (a, b)]
        nodes += [helper.make_node("Add", [a + "w", b + "w"], ["sw"]), helper.make_node("Sub", [a + "w", b + "w"], ["dw"])]
        nodes += [helper.make_node("Cast", ["sw"], [s], to=kind), helper.make_node("Cast", ["dw"], [d], to=kind)]
    else:
        nodes += [helper.make_node("Add", [a, b], [s]), helper.make_node("Sub", [a, b], [d])]
    shape = ["batch", 4]
    save(f"addsub_{name}.onnx", nodes, [value(a, kind, shape), value(b, kind, shape)],
         [value(s, kind, shape), value(d, kind, shape)])

# The same tensor out as in, for each type: batched with variable dimensions.
for name, kind in TYPES.items():
    shape = ["batch", "n"]
    save(f"identity_{name}.onnx", [helper.make_node("Identity", ["INPUT0"], ["OUTPUT0"])],
         [value("INPUT0", kind, shape)], [value("OUTPUT0", kind, shape)])

save("scalar.onnx", [helper.make_node("Add", ["INPUT0", "INPUT0"], ["OUTPUT0"])],
     [value("INPUT0", T.FLOAT, [])], [value("OUTPUT0", T.FLOAT, [])])
save("fixed.onnx", [helper.make_node("Add", ["INPUT0", "INPUT0"], ["OUTPUT0"])],
     [value("INPUT0", T.FLOAT, [2, 3])], [value("OUTPUT0", T.FLOAT, [2, 3])])
# An output whose first dimension is not the batch.
save("not_batched_output.onnx", [helper.make_node("Transpose", ["INPUT0"], ["OUTPUT0"])],
     [value("INPUT0", T.FLOAT, ["batch", "n"])], [value("OUTPUT0", T.FLOAT, ["n", "batch"])])
# A small perceptron: 16 to 4.
rng = np.random.default_rng(1)
save("mlp.onnx",
     [helper.make_node("Gemm", ["INPUT0", "w1", "b1"], ["h"]), helper.make_node("Relu", ["h"], ["r"]),
      helper.make_node("Gemm", ["r", "w2", "b2"], ["OUTPUT0"])],
     [value("INPUT0", T.FLOAT, ["batch", 16])], [value("OUTPUT0", T.FLOAT, ["batch", 4])],
     [numpy_helper.from_array(rng.standard_normal(s).astype(np.float32), n)
      for n, s in (("w1", (16, 8)), ("b1", (8,)), ("w2", (8, 4)), ("b2", (4,)))])

# Bombs: a small request, or nothing but the model itself, that asks for as much memory as it likes.
save("bomb_fill.onnx",
     [helper.make_node("ConstantOfShape", ["INPUT0"], ["OUTPUT0"],
                       value=helper.make_tensor("v", T.FLOAT, [1], [1.0]))],
     [value("INPUT0", T.INT64, [2])], [value("OUTPUT0", T.FLOAT, ["n", "m"])])
save("bomb_expand.onnx", [helper.make_node("Expand", ["one", "INPUT0"], ["OUTPUT0"])],
     [value("INPUT0", T.INT64, [2])], [value("OUTPUT0", T.FLOAT, ["n", "m"])],
     [helper.make_tensor("one", T.FLOAT, [1], [1.0])])
# Only the activation is large: the output is its sum.
save("bomb_inside.onnx",
     [helper.make_node("Expand", ["one", "INPUT0"], ["big"]), helper.make_node("ReduceSum", ["big"], ["OUTPUT0"], keepdims=0)],
     [value("INPUT0", T.INT64, [2])], [value("OUTPUT0", T.FLOAT, [])],
     [helper.make_tensor("one", T.FLOAT, [1], [1.0])])
# Grows with one request of a batch: row i becomes INPUT0[i] long, padded to the longest.
save("bomb_row.onnx",
     [helper.make_node("ReduceMax", ["INPUT0", "axes"], ["longest"], keepdims=0),
      helper.make_node("Shape", ["INPUT0"], ["shape"]), helper.make_node("Slice", ["shape", "zero", "first"], ["batch"]),
      helper.make_node("Unsqueeze", ["longest", "zero"], ["longest1"]),
      helper.make_node("Concat", ["batch", "longest1"], ["target"], axis=0),
      helper.make_node("Expand", ["INPUT0", "target"], ["OUTPUT0"])],
     [value("INPUT0", T.INT64, ["batch", 1])], [value("OUTPUT0", T.INT64, ["batch", "n"])],
     [helper.make_tensor("axes", T.INT64, [2], [0, 1]), helper.make_tensor("zero", T.INT64, [1], [0]),
      helper.make_tensor("first", T.INT64, [1], [1])])
save("bomb_constant.onnx",
     [helper.make_node("Expand", ["one", "target"], ["big"]), helper.make_node("ReduceSum", ["big"], ["sum"], keepdims=0),
      helper.make_node("Add", ["INPUT0", "sum"], ["OUTPUT0"])],
     [value("INPUT0", T.FLOAT, ["batch", 1])], [value("OUTPUT0", T.FLOAT, ["batch", 1])],
     [helper.make_tensor("one", T.FLOAT, [1], [1.0]), helper.make_tensor("target", T.INT64, [2], [1 << 20, 1 << 20])])

# Weights outside the model file: OUTPUT0 = INPUT0 + w.
add_w = [helper.make_node("Add", ["INPUT0", "w"], ["OUTPUT0"])]
io = ([value("INPUT0", T.FLOAT, ["batch", 256])], [value("OUTPUT0", T.FLOAT, ["batch", 256])])
weights = np.arange(256, dtype=np.float32).tobytes()
for folder in ("external", "external/model.onnx"):
    (HERE / folder / "data").mkdir(parents=True, exist_ok=True)
save("external/flat.onnx", add_w, *io, [external("w", [256], "data/w.bin", offset=0, length=1024)])
(HERE / "external/data/w.bin").write_bytes(weights)
save("external/model.onnx/model.onnx", add_w, *io, [external("w", [256], "data/w.bin", offset=0, length=1024)])
(HERE / "external/model.onnx/data/w.bin").write_bytes(weights)
attacks = {
    "parent": dict(location="../secret.bin", offset=0, length=1024),
    "absolute": dict(location="/etc/passwd", offset=0, length=1024),
    "inner_parent": dict(location="data/../../secret.bin", offset=0, length=1024),
    "address": dict(location="*/_ORT_MEM_ADDR_/*", offset=4096, length=1024),
    "past_end": dict(location="data/w.bin", offset=4, length=1024),
    "short_length": dict(location="data/w.bin", offset=0, length=4),
    "negative_offset": dict(location="data/w.bin", offset=-4, length=1024),
    "missing": dict(location="data/none.bin", offset=0, length=1024),
}
for name, entries in attacks.items():
    save(f"external/attack_{name}.onnx", add_w, *io, [external("w", [256], **entries)])


def twice(model):
    entry = model.graph.initializer[0].external_data.add()
    entry.key, entry.value = "location", "../secret.bin"


save("external/attack_twice.onnx", add_w, *io, [external("w", [256], "data/w.bin", offset=0, length=1024)], twice)
save("external/attack_node.onnx",
     [helper.make_node("Constant", [], ["w"], value=external("c", [256], "data/w.bin", offset=0, length=1024)), *add_w], *io)

# The smallest integer divided by -1 has no quotient that fits.
for name in ("int32", "int64"):
    kind = TYPES[name]
    save(f"divide_{name}.onnx",
         [helper.make_node("Div", ["INPUT0", "INPUT1"], ["OUTPUT0"]),
          helper.make_node("Mod", ["INPUT0", "INPUT1"], ["OUTPUT1"])],
         [value(n, kind, ["batch", 2]) for n in ("INPUT0", "INPUT1")],
         [value(n, kind, ["batch", 2]) for n in ("OUTPUT0", "OUTPUT1")])

# Counts to INPUT0, however long that takes: nothing that it gives or holds is large.
save("spin.onnx",
     [helper.make_node("Loop", ["INPUT0", "", "zero"], ["OUTPUT0"], body=helper.make_graph(
         [helper.make_node("Identity", ["go"], ["go_on"]), helper.make_node("Add", ["sum", "one"], ["more"])], "body",
         [value("turn", T.INT64, []), value("go", T.BOOL, []), value("sum", T.INT64, [1])],
         [value("go_on", T.BOOL, []), value("more", T.INT64, [1])]))],
     [value("INPUT0", T.INT64, [1])], [value("OUTPUT0", T.INT64, [1])],
     [helper.make_tensor("zero", T.INT64, [1], [0]), helper.make_tensor("one", T.INT64, [1], [1])])

# One output is a sequence, which no tensor protocol can carry.
save("sequence.onnx", [helper.make_node("SequenceConstruct", ["INPUT0"], ["OUTPUT0"])],
     [value("INPUT0", T.FLOAT, ["batch", 2])],
     [helper.make_tensor_sequence_value_info("OUTPUT0", T.FLOAT, None)])

# SPDX-License-Identifier: Apache-2.0
"""Makes the files beside it with the tools that models come from: what the inspector reads is then what they write.

    python -m venv venv && venv/bin/pip install tensorflow-cpu torch gguf safetensors onnx joblib
    venv/bin/python Tests/MadeByTools/make.py

Made with TensorFlow 2.21.0, Keras 3.15.1, PyTorch 2.15.0, gguf 0.19.0, safetensors 0.8.0, onnx 1.23.2, joblib 1.6.0 and NumPy 2.4.6.
`Tests/Python/test_made_by_tools.py` says what is found in each.
"""
import os
import pathlib
import subprocess
import sys

import numpy as np


def numpy_files():
    import joblib
    import safetensors.numpy

    np.save("array.npy", np.zeros(3))
    np.save("strings.npy", np.array(["ab", "c"]))
    np.save("records.npy", np.zeros(2, dtype=[("a", "f4"), ("b", "i8")]))
    np.save("objects.npy", np.array([{}], dtype=object))
    np.savez_compressed("arrays.npz", a=np.zeros(3), b=np.ones(2))
    safetensors.numpy.save_file({"a": np.zeros((2, 2), dtype=np.float32)}, "a.safetensors", metadata={"format": "np"})
    joblib.dump({"a": np.zeros(3)}, "plain.joblib")
    joblib.dump({"a": np.zeros(3)}, "packed.joblib", compress=("zlib", 3))


def gguf_file(name, template):
    import gguf

    writer = gguf.GGUFWriter(name, "llama")
    writer.add_block_count(1)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(["a", "b"])
    writer.add_chat_template(template)
    writer.add_tensor("token_embd.weight", np.zeros((8, 8), dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def torch_files():
    import torch

    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU())
    torch.save(model.state_dict(), "state.pt")
    torch.save(model.state_dict(), "legacy.pt", _use_new_zipfile_serialization=False)
    torch.save(model, "whole.pt")
    torch.jit.script(model).save("script.pt")
    torch.export.save(torch.export.export(model, (torch.zeros(1, 2),)), "exported.pt2")
    torch.onnx.export(model, (torch.zeros(1, 2),), "torch.onnx", dynamo=False)


def onnx_files():
    import onnx

    x, y = (onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [16, 16]) for name in "xy")
    weights = onnx.numpy_helper.from_array(np.ones((16, 16), dtype=np.float32), "w")
    graph = onnx.helper.make_graph([onnx.helper.make_node("Add", ["x", "w"], ["y"])], "g", [x], [y], [weights])
    model = onnx.helper.make_model(graph)
    onnx.save(model, "plain.onnx")
    onnx.save_model(model, "external.onnx", save_as_external_data=True, location="external.data", size_threshold=1)


def tensorflow_files():
    import keras
    import tensorflow as tf

    class Adds(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
        def __call__(self, x):
            return x + 1

    class Reads(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([], tf.string)])
        def __call__(self, path):
            return tf.io.read_file(path)

    class RunsPython(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
        def __call__(self, x):
            return tf.py_function(lambda x: x, [x], tf.float32)

    for module in [Adds(), Reads(), RunsPython()]:
        tf.saved_model.save(module, "savedmodel-" + type(module).__name__.lower())
    dense = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation="softmax")])
    scaled = keras.Sequential([keras.Input((4,)), keras.layers.Lambda(lambda x: x * 2)])
    for name, model in [("dense", dense), ("lambda", scaled)]:
        model.save(name + ".keras")
        model.save(name + ".h5")
    pathlib.Path("dense.tflite").write_bytes(tf.lite.TFLiteConverter.from_keras_model(dense).convert())
    graph = tf.compat.v1.Graph()
    with graph.as_default():
        tf.identity(tf.compat.v1.placeholder(tf.float32, [None, 2], name="x") * 2, name="y")
    pathlib.Path("model.graphdef").write_bytes(graph.as_graph_def().SerializeToString())


def gguf_files():
    gguf_file("plain.gguf", "{% for m in messages %}{{ m['content'] }}{% endfor %}")
    gguf_file("reaching.gguf", "{{ ''.__class__.__mro__[1].__subclasses__() }}")


if __name__ == "__main__":
    os.chdir(pathlib.Path(__file__).parent)
    if len(sys.argv) > 1:
        globals()[sys.argv[1] + "_files"]()
    else:  # TensorFlow and PyTorch do not bear each other in one process.
        for tool in ["numpy", "gguf", "torch", "onnx", "tensorflow"]:
            subprocess.run([sys.executable, "make.py", tool], check=True)

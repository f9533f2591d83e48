# SPDX-License-Identifier: Apache-2.0
"""Model files with one defect each, and the same kind of file without it."""
import json
import struct
import zipfile
import zlib

import containers as made
import pickles
from corpus import Defect

PICKLES = {"modelscan", "picklescan", "fickling"}
GROUP = "Model files"
CONFIG = 'name: "m"\nbackend: "onnxruntime"\nmax_batch_size: 0\n'


def rows():
    yield from plain_pickles()
    yield from functions_off_the_lists()
    yield from other_names()
    yield from archives()
    yield from arrays()
    yield from graphs()
    yield from texts()
    yield from directories()


def defect(name, title, file, bad, clean, readers=frozenset()):
    return Defect(name, GROUP, title, {file: bad}, {file: clean}, frozenset(readers))


def pickled(name, title, bad, file="model.pkl", clean=None):
    return defect("pickle-" + name, title, file, bad, clean if clean is not None else pickles.data(), PICKLES)


def plain_pickles():
    for protocol in range(6):
        yield pickled(f"protocol-{protocol}", f"pickle, protocol {protocol}: calls `os.system`",
                      pickles.calls("os", "system", protocol=protocol), clean=pickles.data(protocol))
    yield pickled("memo", "pickle: names of the call come out of the memo", pickles.memoised())
    yield pickled("inst", "pickle: call by INST", pickles.instance(), clean=pickles.data(0))
    yield pickled("obj", "pickle: call by OBJ", pickles.object_opcode(), clean=pickles.data(2))
    yield pickled("newobj", "pickle: process started by NEWOBJ", pickles.new_object(), clean=pickles.data(2))
    yield pickled("posix", "pickle: `os.system` under its other name `posix.system`", pickles.calls("posix", "system"))
    yield pickled("getattr", "pickle: `getattr` of an imported module", pickles.by_getattr(), clean=pickles.data(2))
    yield pickled("second", "pickle: the second of two in one stream", pickles.second_stream(),
                  clean=pickles.data(2) + pickles.data(2))
    yield pickled("broken", "pickle: broken after the call", pickles.broken_end(), clean=pickles.data(2))
    yield pickled("within", "pickle: the call stands among weights", pickles.within_data(), clean=pickles.data(2))


def functions_off_the_lists():
    for module, name, text in (
        ("pip", "main", "--version"),
        ("torch.utils.collect_env", "run", "true"),
        ("multiprocessing.util", "spawnv_passfds", "true"),
        ("pydoc", "pipepager", "true"),
        ("timeit", "timeit", "1"),
        ("cProfile", "run", "1"),
        ("ctypes", "CDLL", "libc.so.6"),
        ("numpy.testing._private.utils", "runstring", "1"),
        ("pandas", "read_csv", "https://example.com/?x"),
        ("logging.config", "listen", "x"),
    ):
        yield pickled(f"calls-{module}", f"pickle: calls `{module}.{name}`", pickles.calls(module, name, text))


def other_names():
    bad, clean = pickles.calls("os", "system", protocol=4), pickles.data()
    for file in ("model.pt", "model.bin", "model.joblib", "model.dat", "weights", "model.onnx", "model.safetensors",
                 "labels.txt"):
        yield pickled(f"as-{file}", f"pickle under the name `{file}`", bad, file, clean)


def archives():
    safe, unsafe = pickles.torch_state(), pickles.torch_state_that_calls()
    bad, clean, member = made.torch_zip(unsafe), made.torch_zip(safe), b"archive/data.pkl"

    def row(name, title, content, file="model.pt", twin=clean):
        return defect("zip-" + name, title, file, content, twin, PICKLES)

    yield row("torch", "PyTorch archive whose pickle calls `os.system`", bad)
    yield row("other-member", "PyTorch archive: the call is in a second pickle",
              made.torch_zip(safe, {"archive/extra.pkl": pickles.calls("os", "system")}),
              twin=made.torch_zip(safe, {"archive/extra.pkl": pickles.data(2)}))
    yield row("crc", "PyTorch archive with a wrong checksum", made.wrong_checksum(bad, member))
    yield row("flags", "PyTorch archive marked as encrypted, which it is not", made.encrypted_flag(bad, member))
    yield row("names", "PyTorch archive with two names for one member",
              made.other_local_name(bad, member, b"archive/data.txt"))
    first = made.zipped({"archive/broken": b"x" * 40, "archive/data.pkl": unsafe, "archive/version": b"3\n"})
    yield row("corrupt-first", "PyTorch archive with a broken member before the pickle",
              made.wrong_checksum(first, b"archive/broken"))
    yield row("prefixed", "PyTorch archive after a harmless pickle", pickles.data(2) + bad)
    yield row("renamed", "PyTorch archive under the name `model.onnx`", bad, "model.onnx")
    yield row("deflated", "zip, compressed, with a pickle that calls `os.system`",
              made.zipped({"m/data.pkl": unsafe}, zipfile.ZIP_DEFLATED), "model.zip",
              made.zipped({"m/data.pkl": pickles.data(2)}, zipfile.ZIP_DEFLATED))
    inner = made.zipped({"m.zip": bad})
    yield defect("zip-nested", "zip within a zip, in it a pickle that calls `os.system`", "model.zip", inner,
                 made.zipped({"m.json": b"{}"}), {"modelscan", "picklescan"})
    yield defect("archive-7z", "7z archive with a pickle that calls `os.system`", "model.7z",
                 made.seven_zip("data.pkl", unsafe), made.seven_zip("data.json", b"{}"), {"picklescan"})
    for suffix, pack in (("zlib", zlib.compress), ("raw", bytes)):
        yield defect(f"joblib-{suffix}", f"joblib file, {'compressed' if suffix == 'zlib' else 'not compressed'}",
                     "model.joblib", pack(pickles.calls("os", "system", protocol=3)), pack(pickles.data(3)), PICKLES)


def arrays():
    values = struct.pack("<4f", 1, 2, 3, 4)
    bad, clean = made.npy("|O", (1,), pickles.calls("os", "system")), made.npy("<f4", (4,), values)
    yield defect("npy-object", "NumPy array of objects, a pickle that calls `os.system`", "x.npy", bad, clean,
                 {"modelscan", "picklescan"})
    yield defect("npz-object", "NumPy archive with an array of objects", "x.npz", made.zipped({"x.npy": bad}),
                 made.zipped({"x.npy": clean}), {"modelscan", "picklescan"})
    good = made.safetensors({"a": ([4], (0, 16)), "b": ([4], (16, 32))}, bytes(32))
    yield defect("safetensors-overlap", "safetensors: tensors overlap", "model.safetensors",
                 made.safetensors({"a": ([4], (0, 16)), "b": ([4], (8, 24))}, bytes(24)), good)
    yield defect("safetensors-header", "safetensors: header longer than the file", "model.safetensors",
                 struct.pack("<Q", 1 << 40) + good[8:], good)


def graphs():
    lambdas = {"module": "keras.layers", "class_name": "Lambda", "registered_name": None,
               "config": {"name": "lambda", "function": {"class_name": "__lambda__", "config": {
                   "code": "4wEAAAAAAAAA", "defaults": None, "closure": None}}}}
    module = {"module": "os", "class_name": "function", "registered_name": "function", "config": "system"}
    clean = made.keras([made.dense()])
    yield defect("keras-lambda", "Keras: Lambda layer with bytecode", "model.keras",
                 made.keras([made.dense(), lambdas]), clean, {"modelscan"})
    yield defect("keras-module", "Keras: configuration names a function of `os`", "model.keras",
                 made.keras([made.dense(), module]), clean, {"modelscan"})
    for operator in ("ReadFile", "WriteFile", "PyFunc"):
        yield defect(f"savedmodel-{operator.lower()}", f"SavedModel with `{operator}`", "model/saved_model.pb",
                     made.saved_model("Placeholder", operator), made.saved_model("Placeholder", "Identity"),
                     {"modelscan"})
    for name, location in (("parent", "../../../etc/passwd"), ("absolute", "/etc/passwd")):
        yield repository(f"onnx-{name}", f"ONNX: external data at `{location}`",
                         {"model.onnx": made.onnx(made.external(location))},
                         {"model.onnx": made.onnx(made.external("weights.bin")), "weights.bin": bytes(16)})
    yield repository("onnx-domain", "ONNX: operator of a library of its own",
                     {"model.onnx": made.onnx(domain="acme.ops", operator="Run")}, {"model.onnx": made.onnx()})


UNSAFE_TEMPLATE = "{{ ''.__class__.__mro__[1].__subclasses__()[104].__init__.__globals__['os'].popen('true') }}"
TEMPLATE = "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}"


def texts():
    yield defect("gguf-template", "GGUF: chat template reaches for Python", "model.gguf",
                 made.gguf(UNSAFE_TEMPLATE), made.gguf(TEMPLATE))
    for name, title, file, bad, clean in (
        ("json-template", "tokenizer_config.json: chat template reaches for Python", "tokenizer_config.json",
         {"chat_template": UNSAFE_TEMPLATE}, {"chat_template": TEMPLATE}),
        ("auto-map", "config.json: `auto_map` names code to load", "config.json",
         {"model_type": "x", "auto_map": {"AutoModel": "modeling.Model"}}, {"model_type": "bert"}),
    ):
        files = [json.dumps(value).encode() for value in (bad, clean)]
        weights = made.safetensors({"a": ([4], (0, 16))}, bytes(16))
        yield Defect(name, GROUP, title, {"model/" + file: files[0], "model/model.safetensors": weights},
                     {"model/" + file: files[1], "model/model.safetensors": weights})


def repository(name, title, bad, clean):
    def tree(files):
        version = {"models/m/1/" + name: content for name, content in files.items()}
        return {"models/m/config.pbtxt": CONFIG.encode(), **version}

    return Defect(name, GROUP, title, tree(bad), tree(clean))


def directories():
    good = {"model.onnx": made.onnx()}
    elf = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 3, 62, 1) + bytes(40)
    yield repository("native", "shared library in a version directory", {**good, "libops.so": elf}, good)
    yield repository("link-out", "symbolic link that leads out of the repository",
                     {**good, "weights.bin": Defect.link("/etc/passwd")}, good)

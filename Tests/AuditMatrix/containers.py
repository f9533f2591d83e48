# SPDX-License-Identifier: Apache-2.0
"""Archives and tensor files, written by hand where a library would not write what is wrong with them."""
import io
import json
import struct
import zipfile
import zlib

LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"


def zipped(members, method=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), content)
    return out.getvalue()


def torch_zip(pickled, more=None):
    members = {"archive/data.pkl": pickled, "archive/version": b"3\n", "archive/data/0": bytes(16)}
    return zipped({**members, **(more or {})})


def places(archive, name):
    """Offsets of the local header and of the central entry of a member."""
    local = archive.index(LOCAL)
    while archive[local + 30:local + 30 + len(name)] != name:
        local = archive.index(LOCAL, local + 4)
    central = archive.index(CENTRAL)
    while archive[central + 46:central + 46 + len(name)] != name:
        central = archive.index(CENTRAL, central + 4)
    return local, central


def patched(archive, offset, new):
    return archive[:offset] + new + archive[offset + len(new):]


def wrong_checksum(archive, name):
    local, central = places(archive, name)
    return patched(patched(archive, local + 14, b"\x01\x02\x03\x04"), central + 16, b"\x01\x02\x03\x04")


def encrypted_flag(archive, name):
    """The local header alone says that the member is encrypted; it is not."""
    local, _ = places(archive, name)
    return patched(archive, local + 6, b"\x01\x00")


def other_local_name(archive, name, other):
    """The directory calls the member something else than its own header does."""
    assert len(name) == len(other)
    local, _ = places(archive, name)
    return patched(archive, local + 30, other)


def seven_zip(name, content):
    """A 7z archive of one stored member."""
    names = name.encode("utf-16-le") + b"\x00\x00"
    pack = b"\x06" + b"\x00\x01" + b"\x09" + number(len(content)) + b"\x00"
    folder = b"\x07\x0b\x01\x00" + b"\x01\x01\x00" + b"\x0c" + number(len(content)) + b"\x00"
    sums = b"\x08\x0a\x01" + struct.pack("<I", zlib.crc32(content)) + b"\x00"
    files = b"\x05\x01" + b"\x11" + number(len(names) + 1) + b"\x00" + names + b"\x00"
    header = b"\x01\x04" + pack + folder + sums + b"\x00" + files + b"\x00"
    start = struct.pack("<QQI", len(content), len(header), zlib.crc32(header))
    return b"7z\xbc\xaf\x27\x1c\x00\x04" + struct.pack("<I", zlib.crc32(start)) + start + content + header


def number(value):
    assert value < 1 << 14
    return bytes([value]) if value < 0x80 else bytes([0x80 | value >> 8, value & 0xff])


def npy(descr, shape, content):
    header = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + content


def safetensors(tensors, content, **metadata):
    table = {name: {"dtype": "F32", "shape": shape, "data_offsets": list(span)}
             for name, (shape, span) in tensors.items()}
    if metadata:
        table["__metadata__"] = metadata
    header = json.dumps(table).encode()
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header + content


def gguf(template):
    def text(value):
        return struct.pack("<Q", len(value)) + value.encode()

    entries = [("general.architecture", "llama"), ("tokenizer.chat_template", template)]
    table = b"".join(text(key) + struct.pack("<I", 8) + text(value) for key, value in entries)
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(entries)) + table


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7f | 0x80])
        value >>= 7
    return out + bytes([value])


def field(tag, value):
    """A field of a protobuf message: a number, text, or bytes."""
    if isinstance(value, int):
        return varint(tag << 3) + varint(value)
    raw = value.encode() if isinstance(value, str) else value
    return varint(tag << 3 | 2) + varint(len(raw)) + raw


def onnx(initializer=b"", domain="", operator="Identity"):
    """A model with one node from x to y, and perhaps an initializer."""
    shape = field(2, field(1, field(1, 4)))
    tensor = field(1, field(1, 1) + shape)
    node = field(1, "x") + field(2, "y") + field(4, operator) + (field(7, domain) if domain else b"")
    graph = field(1, node) + field(2, "g") + (field(5, initializer) if initializer else b"")
    graph += field(11, field(1, "x") + field(2, tensor)) + field(12, field(1, "y") + field(2, tensor))
    imports = field(8, field(2, 17)) + (field(8, field(1, domain) + field(2, 1)) if domain else b"")
    return field(1, 8) + field(7, graph) + imports


def external(location):
    """An initializer of four floats that lie in a file of their own."""
    entries = b"".join(field(13, field(1, key) + field(2, value)) for key, value in
                       (("location", location), ("offset", "0"), ("length", "16")))
    return field(1, 4) + field(2, 1) + field(8, "w") + entries + field(14, 1)


def saved_model(*operators):
    """A SavedModel whose graph has one node of each operator."""
    nodes = b"".join(field(1, field(1, f"n{at}") + field(2, name)) for at, name in enumerate(operators))
    graph = nodes + field(4, field(1, 1882))
    meta = field(1, field(4, "serve") + field(5, "2.17.0")) + field(2, graph)
    return field(1, 1) + field(2, meta)


def keras(layers):
    config = {"module": "keras", "class_name": "Sequential", "registered_name": None,
              "config": {"name": "sequential", "layers": layers}}
    return zipped({"metadata.json": json.dumps({"keras_version": "3.0.0"}), "config.json": json.dumps(config)})


def dense():
    return {"module": "keras.layers", "class_name": "Dense", "registered_name": None,
            "config": {"name": "dense", "units": 4, "activation": "relu"}}

# SPDX-License-Identifier: Apache-2.0
"""Pickles written opcode by opcode, harmless in what they call: nothing of the matrix ever loads one.

What is called is `true` in a shell where a function of that kind is the point, and a word elsewhere.
"""
import pickle
import struct

WEIGHTS = {"layer": [0.25, 0.5, 0.75], "bias": 1.0, "classes": ["cat", "dog"]}


def data(protocol=4):
    """What a harmless file of the same kind holds."""
    return pickle.dumps(WEIGHTS, protocol)


def short(text):
    """SHORT_BINUNICODE."""
    raw = text.encode()
    return b"\x8c" + struct.pack("<B", len(raw)) + raw


def unicode4(text):
    """BINUNICODE."""
    raw = text.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def argument(text, protocol):
    if protocol == 0:
        return b"(V" + text.encode() + b"\nt"
    if protocol == 1:
        return b"(" + unicode4(text) + b"t"
    return unicode4(text) + b"\x85"


def calls(module, name, text="true", protocol=2):
    """A whole pickle whose loading calls module.name(text), as each protocol would write it."""
    head = b"" if protocol < 2 else b"\x80" + bytes([protocol])
    if protocol >= 4:
        function = short(module) + b"\x94" + short(name) + b"\x94\x93\x94"
        body = function + short(text) + b"\x85\x94R\x94."
        return head + b"\x95" + struct.pack("<Q", len(body)) + body
    return head + f"c{module}\n{name}\n".encode() + argument(text, protocol) + b"R."


def memoised(module="os", name="system", text="true"):
    """The names lie in the memo, in the other order, and are taken out again before they are used."""
    body = (short(name) + b"\x94" + short(module) + b"\x94" + b"00"
            + b"h\x01" + b"h\x00" + b"\x93" + short(text) + b"\x85R.")
    return b"\x80\x04\x95" + struct.pack("<Q", len(body)) + body


def instance(module="os", name="system", text="true"):
    """INST: protocol 0's own way to call."""
    return b"(V" + text.encode() + b"\n" + f"i{module}\n{name}\n".encode() + b"."


def object_opcode(module="os", name="system", text="true"):
    """OBJ: what is called lies below its arguments, after a MARK."""
    return b"\x80\x02(" + f"c{module}\n{name}\n".encode() + unicode4(text) + b"o."


def new_object(module="subprocess", name="Popen", text="true"):
    """NEWOBJ: a class is made rather than a function called."""
    return b"\x80\x02" + f"c{module}\n{name}\n".encode() + unicode4(text) + b"\x85\x81."


def by_getattr():
    """getattr(importlib.import_module('os'), 'system')('true'): the dangerous name is data."""
    module = b"cimportlib\nimport_module\n" + unicode4("os") + b"\x85R"
    return b"\x80\x02cbuiltins\ngetattr\n" + module + unicode4("system") + b"\x86R" + unicode4("true") + b"\x85R."


def second_stream():
    """A harmless pickle first, then another one, as torch's old format has several."""
    return data(2) + calls("os", "system", protocol=2)


def broken_end():
    """What it calls is called before the stream turns out to be broken: no STOP, and an unknown opcode."""
    return calls("os", "system", protocol=2)[:-1] + b"\xff\xff not a pickle"


def within_data():
    """The call's result is one value among weights, so that nothing is left over."""
    call = b"cos\nsystem\n" + unicode4("true") + b"\x85R"
    return b"\x80\x02}(" + unicode4("layer") + b"](G" + struct.pack(">d", 0.25) + b"e" + unicode4("x") + call + b"u."


def torch_state(extra=b""):
    """The data.pkl of a state dict with one tensor, whose bytes lie in data/0 of the archive."""
    storage = (b"(" + unicode4("storage") + b"ctorch\nFloatStorage\n" + unicode4("0") + unicode4("cpu") + b"K\x04tQ")
    tensor = (b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\x00K\x04\x85K\x01\x85\x89"
              + b"ccollections\nOrderedDict\n)RtR")
    return b"\x80\x02ccollections\nOrderedDict\n)R" + unicode4("weight") + tensor + b"s" + extra + b"."


def torch_state_that_calls():
    return torch_state(unicode4("x") + b"cos\nsystem\n" + unicode4("true") + b"\x85Rs")

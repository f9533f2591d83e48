# SPDX-License-Identifier: Apache-2.0
"""The bytes of the worker protocol: golden messages that the server's tests read, too, and blocks at random."""
import mmap
import os
import random
import struct

import numpy as np
import pytest
import worker_double as double
from worker_double import ROOT, Input, message, request
from worker_models import RUNTIME  # noqa: F401

from buckler_runtime import layout  # noqa: E402
from buckler_runtime.areas import Areas  # noqa: E402
from buckler_runtime import calls, metrics, models, told  # noqa: E402
from buckler_runtime import current as running  # noqa: E402
from buckler_runtime.block import BlockReader  # noqa: E402
from buckler_runtime.errors import TritonError  # noqa: E402
from buckler_runtime.outlet import Outlet  # noqa: E402
from buckler_runtime.request import InferenceRequest, InferenceTrace  # noqa: E402
from buckler_runtime.response import InferenceResponse  # noqa: E402
from buckler_runtime.tensor import Tensor  # noqa: E402

FIXTURES = ROOT / "Tests/Fixtures/worker"
START = (b'{"mode": "serve", "model_file": "/models/m/1/model.py", "args": {"model_config": "{\\"name\\": \\"m\\"}", '
         b'"model_name": "m", "model_version": "1"}}')
BLOCK_AT = 4096

REQUESTS = [
    request(0x1122334455667788, [
        Input("FP32", 11, (1, 3), struct.pack("<3f", 1, -2.5, 3e38)),
        Input("WORDS", 13, (1, 2), struct.pack("<I", 3) + b"abc" + struct.pack("<I", 0)),
        Input("BOOL", 1, (), b"\1"),
    ], ["OUT", "\u00f6"], id="first", parameters='{"a":1,"b":"\u00e9"}', correlation="a text", timeout=1_000_000,
        priority=2, flags=1, batch=1),
    request(2, [
        Input("INT64", 9, (2, 1), struct.pack("<2q", -2**63, 2**63 - 1)),
        Input("BF16", 14, (2, 2), struct.pack("<4H", 0x3F80, 0xC020, 0, 0x7F80)),
        Input("EMPTY", 6, (2, 0), b""),
    ], correlation=2**64 - 1, flags=2, batch=2),
]


class Socket:
    """Stands where the channel is; keeps what would be sent."""

    def __init__(self, lease=None):
        self.sent, self.granted = [], lease

    def send(self, data):
        self.sent.append(data)

    def lease(self, size):
        return self.granted

    def forget(self, numbers):
        pass

    def number(self):
        return 6

    def add_call(self, number, call):
        pass

    def ask(self, kind, body):
        self.send(layout.message(kind, 8, body))
        return layout.TOLD_BODY.pack(0, 0, 0, 0, 3)


def areas():
    result = Areas()
    result.requests[3] = mmap.mmap(-1, 1 << 20)
    result.responses[1] = mmap.mmap(-1, 1 << 16)
    return result


def fill(memory, requests, area, start):
    block, places = double.records(requests, area, start)
    memory[start:start + len(block)] = block
    for place, data in places:
        memory[place:place + len(data)] = data
    return block


def whole_block():
    """The records and, after them, the tensors' bytes, as they lie in area 3 from byte 4096."""
    block, places = double.records(REQUESTS, 3, BLOCK_AT)
    end = max(place + len(data) for place, data in places)
    memory = bytearray(end)
    memory[BLOCK_AT:BLOCK_AT + len(block)] = block
    for place, data in places:
        memory[place:place + len(data)] = data
    return bytes(memory[BLOCK_AT:])


def responses():
    """Two responses of batch 9, as a model returns them: outputs and parameters, and an error."""
    shared = areas()
    socket = Socket()
    outlet = Outlet(socket, shared, False)
    outlet.begin(1, 640, 4096)
    reader = BlockReader(shared, outlet, frozenset(), False)
    fill(shared.requests[3], REQUESTS, 3, BLOCK_AT)
    requests, _ = reader.read(3, BLOCK_AT, 2)
    outlet.respond(9, requests, [
        InferenceResponse([Tensor("OUT", np.array([[1, 2], [3, 4]], np.int16)), Tensor("NOT", np.zeros(3)),
                           Tensor("\u00f6", np.array([b"hi"], object))], parameters={"p": True}),
        InferenceResponse(error=TritonError("no such thing \u00e9", TritonError.NOT_FOUND))])
    [data] = socket.sent
    return data


def call():
    """Call 6, made for request 7, with inputs in a lease at 8192 of area 1."""
    socket = Socket((1, 8192, 256))
    trace = InferenceTrace()
    trace._request = 7
    made = InferenceRequest(
        request_id="id \u00e9", correlation_id="text", model_name="other", model_version=3, flags=1, timeout=5,
        inputs=[Tensor("IN", np.array([[1, 2], [3, 4]], np.int16)), Tensor("W", np.array([b"hi"], object))],
        requested_output_names=["OUT", "\u00f6"], trace=trace, parameters={"p": 1})
    calls.Calls(socket, areas()).begin(made, True)
    return socket.sent[0]


ANSWER_AT = 4096


def answer_block():
    """A response to call 6 as the server writes it to area 3 from byte 4096; it is not the last."""
    parameters = double.pad(b'{"p":1}')
    start = 32 + 2 * 48 + len(parameters)
    first = start + -start % 64
    tensors = double.pad(struct.pack("<4I2Qq", 7, 1, 3, 3, ANSWER_AT + first, 4, 2) + b"OUT")
    tensors += double.pad(struct.pack("<4I2Qq", 13, 1, 2, 3, ANSWER_AT + first + 64, 6, 1) + "\u00f6".encode())
    head = struct.pack("<Q6I", 6, 0, 2, 7, 0, 0, start)
    block = bytearray(first + 64 + 6)
    block[:start] = head + tensors + parameters
    block[first:first + 4] = struct.pack("<2h", -1, 5)
    block[first + 64:] = struct.pack("<I", 2) + b"hi"
    return bytes(block)


def asked(do):
    """What a function of the runtime asks the server."""
    socket = Socket((1, 8192, 256))
    running.channel, running.areas = socket, areas()
    try:
        do()
    finally:
        running.channel = running.areas = None
    return [data for data in socket.sent if data[0] != layout.LEASE_RETURNED]


def metric(kind):
    made = object.__new__(metrics.Metric)
    made._kind, made._number_of_it = kind, 4
    return made


def family():
    made = object.__new__(metrics.MetricFamily)
    made._kind, made._number = metrics.MetricKind.HISTOGRAM, 2
    return made


def golden():
    """Each message kind: name, what the runtime makes or the double packs."""
    body = layout
    return {
        "01-hello": layout.message(layout.HELLO, 4711, body.HELLO_BODY.pack(1, 0)),
        "02-area": message(2, 3, struct.pack("<2IQ", 1, 0, 1 << 20)),
        "03-start": message(3, 0, struct.pack("<2IQ", 3, len(START), 128)),
        "04-ready": layout.message(layout.READY, 0, b'{"is_ready": true}'),
        "05-refused": layout.message(layout.REFUSED, 0, "ValueError: \u00e9".encode()),
        "06-execute": message(6, 9, struct.pack("<2I2Q2I2Q", 2, 3, BLOCK_AT, len(whole_block()), 1, 0, 640, 4096)),
        "07-respond": responses(),
        "07-respond-end": layout.message(layout.RESPOND, 0, layout.response(7, 5, 0, b"", b"", b"", 0)),
        "08-done": layout.done(9),
        "08-done-failed": layout.done(10, "Failed: \u00e9"),
        "09-lease-wanted": layout.message(layout.LEASE_WANTED, 5, body.LEASE_WANTED_BODY.pack(1 << 40)),
        "10-lease": message(10, 5, struct.pack("<2I2Q", 1, 0, 8192, 65536)),
        "11-lease-returned": layout.message(layout.LEASE_RETURNED, 0, body.LEASE_RETURNED_BODY.pack(1, 0, 8192)),
        "12-cancel": message(12, 0x1122334455667788),
        "13-log": layout.message(layout.LOG, 2, "a warning \u20ac".encode()),
        "14-finish": message(14, 0),
        "15-probe": message(15, 77),
        "16-probed": layout.message(layout.PROBED, 77, body.PROBED_BODY.pack(1, 0)),
        "17-inputs-kept": layout.message(layout.INPUTS_KEPT, 9),
        "18-inputs-released": layout.message(layout.INPUTS_RELEASED, 9),
        "19-call": call(),
        "20-answer": message(20, 6, struct.pack("<2I2Q", 3, 0, ANSWER_AT, len(answer_block()))),
        "21-answer-taken": layout.message(layout.ANSWER_TAKEN, 6),
        "22-call-cancelled": layout.message(layout.CALL_CANCELLED, 6),
        "23-ask": asked(lambda: models.is_ready("other", "3"))[0],
        "23-ask-load": asked(lambda: models.load("other", "{}", {"file:1/a": b"abc"}))[0],
        "24-told": message(24, 8, struct.pack("<4IQ", 0, 0, 0, 0, 1)),
        "24-told-failed": message(24, 8, struct.pack("<4IQ", 1, 5, 5, 0, 0) + "no \u00e9".encode()),
        "25-family-wanted": asked(lambda: metrics.MetricFamily("n_total", "d \u00e9", metrics.MetricKind.GAUGE))[0],
        "26-metric-wanted": asked(lambda: family().Metric({"a": "\u00e9", "b": ""}, [0.5, 2]))[0],
        "27-measure": asked(lambda: metric(metrics.MetricKind.COUNTER).increment(2.5))[0],
        "28-value-wanted": asked(lambda: metric(metrics.MetricKind.GAUGE).value())[0],
        "answer-block": answer_block(),
        "block": whole_block(),
        "start-arguments": START,
    }


def as_hex(data):
    return "".join(data[i:i + 32].hex() + "\n" for i in range(0, len(data), 32))


@pytest.mark.parametrize("name", golden())
def test_golden_bytes(name):
    path = FIXTURES / f"{name}.hex"
    if os.environ.get("BUCKLER_WRITE_FIXTURES") == "1":
        path.write_text(as_hex(golden()[name]))
    assert path.read_text() == as_hex(golden()[name])


def test_there_is_a_golden_message_of_each_kind():
    assert {path.stem for path in FIXTURES.glob("*.hex")} == set(golden())
    assert {int(name[:2]) for name in golden() if name[0] in "012"} == set(range(1, 29))


def read(name):
    return bytes.fromhex((FIXTURES / f"{name}.hex").read_text())


def test_the_golden_block_is_read_as_it_was_meant():
    shared = areas()
    block = read("block")
    shared.requests[3][BLOCK_AT:BLOCK_AT + len(block)] = block
    (first, second), _ = BlockReader(shared, None, frozenset({"ALL"}), False).read(3, BLOCK_AT, 2)
    assert [tensor.name() for tensor in first.inputs()] == ["FP32", "WORDS", "BOOL"]
    fp32, words, flag = first.inputs()
    assert fp32.as_numpy().tolist() == [[1, -2.5, np.float32(3e38)]] and fp32.as_numpy().dtype == np.float32
    assert words.as_numpy().tolist() == [[b"abc", b""]] and flag.as_numpy() == np.True_ and flag.shape() == []
    assert (first.request_id(), first.correlation_id(), first.flags(), first.timeout()) == ("first", "a text", 1, 10**6)
    assert first.parameters() == '{"a":1,"b":"\u00e9"}' and first.requested_output_names() == {"OUT", "\u00f6"}
    whole, _, empty = second.inputs()
    assert whole.as_numpy().tolist() == [[-2**63], [2**63 - 1]] and empty.as_numpy().shape == (2, 0)
    assert (second.request_id(), second.correlation_id(), second.flags()) == ("", 2**64 - 1, 2)
    assert second.requested_output_names() == {"ALL"} and second.parameters() == "{}"


def test_the_golden_responses_are_what_the_model_returned():
    shared = {1: bytearray(1 << 16)}
    shared[1][640:648] = struct.pack("<4h", 1, 2, 3, 4)
    shared[1][704:710] = struct.pack("<I", 2) + b"hi"
    one, two = double.responses(read("07-respond")[16:], shared)
    assert (one.number, one.flags, one.parameters) == (0x1122334455667788, 1, '{"p": true}')
    assert [(o.name, o.data_type, o.shape, o.offset) for o in one.outputs] == [
        ("OUT", 7, (2, 2), 640), ("\u00f6", 13, (1,), 704)]
    assert one.outputs[0].data == struct.pack("<4h", 1, 2, 3, 4) and one.outputs[1].data[4:] == b"hi"
    assert (two.number, two.flags, two.text, two.code) == (2, 3, "no such thing \u00e9", 2)


def test_the_golden_call_and_its_answer():
    message = read("19-call")
    kind, version, length, subject = struct.unpack_from("<HHIQ", message)
    assert (kind, version, length, subject) == (19, 1, len(message), 6)
    fields = struct.unpack_from("<QqQQIIIIIIII", message, 16)
    assert fields == (7, 3, 0, 5, 1 | 4 | 8, 2, 2, 5, 5, 8, 4, 0)
    shared = areas()
    block = read("answer-block")
    shared.requests[3][ANSWER_AT:ANSWER_AT + len(block)] = block
    socket = Socket()
    socket.wait = lambda is_there: None
    socket.remove_call = lambda number: None
    made = calls.Call(socket, shared, 6)
    made.arrived(3, ANSWER_AT, len(block))
    response, last = made.next()
    assert not last and not made.ended and response.parameters() == '{"p":1}' and not response.has_error()
    one, two = response.output_tensors()
    assert (one.name(), two.name()) == ("OUT", "\u00f6")
    assert one.as_numpy().tolist() == [-1, 5] and one.as_numpy().dtype == np.int16 and two.as_numpy().tolist() == [b"hi"]
    shared.requests[3][:] = bytes(1 << 20)
    assert one.as_numpy().tolist() == [-1, 5] and two.as_numpy().tolist() == [b"hi"], "they are copies"
    assert socket.sent == [read("21-answer-taken")]
    made.arrived(0, 0, 0)
    response, last = made.next()
    assert last and made.ended and "no room" in response.error().message()


def test_what_is_told_is_read():
    running.channel = Socket()
    try:
        running.channel.ask = lambda kind, body: read("24-told")[16:]
        assert told.value_of(23, b"", "x") == 1
        running.channel.ask = lambda kind, body: read("24-told-failed")[16:]
        with pytest.raises(Exception, match="^no \u00e9$"):
            told.value_of(23, b"", "x")
    finally:
        running.channel = None


SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 2, 8: 4, 9: 8, 10: 2, 11: 4, 12: 8, 14: 2}


def random_text(dice, longest):
    return "".join(dice.choice("ab\u00e9\u4e16\U0001f600 {}\"") for _ in range(dice.randrange(longest)))


def random_request(dice, number):
    inputs = []
    for i in range(dice.randrange(5)):
        data_type = dice.randrange(1, 15)
        shape = tuple(dice.randrange(4) for _ in range(dice.randrange(5)))
        count = int(np.prod(shape, dtype=int))
        if data_type == 13:
            words = [dice.randbytes(dice.randrange(9)) for _ in range(count)]
            data = b"".join(struct.pack("<I", len(word)) + word for word in words)
        else:
            data = dice.randbytes(count * SIZES[data_type])
        inputs.append(Input(f"IN{i}{random_text(dice, 6)}", data_type, shape, data))
    return request(number, inputs, {random_text(dice, 9) + "o" for _ in range(dice.randrange(4))},
                   id=random_text(dice, 20), parameters=dice.choice(["", "{}", '{"a":"\u00e9"}']),
                   correlation=dice.choice([0, 2**63, random_text(dice, 9) + "c"]), timeout=dice.randrange(2**64),
                   flags=dice.randrange(4))


@pytest.mark.parametrize("seed", range(20))
def test_random_blocks_come_back_as_they_were_written(seed):
    dice = random.Random(seed)
    shared = areas()
    reader = BlockReader(shared, None, frozenset(), False)
    for _ in range(30):
        sent = [random_request(dice, dice.randrange(2**64)) for _ in range(dice.randrange(1, 9))]
        start = dice.randrange(100) * 8
        fill(shared.requests[3], sent, 3, start)
        got, _ = reader.read(3, start, len(sent))
        for one, other in zip(sent, got):
            assert other._head[0] == one["number"] and other.timeout() == one["timeout"]
            assert other.request_id().encode() == one["id"] and other.flags() == one["flags"]
            assert other.correlation_id() == one["correlation"]
            assert other.parameters().encode() == (one["parameters"] or b"{}")
            assert other.requested_output_names() == set(one["outputs"])
            assert len(other.inputs()) == len(one["inputs"])
            for was, tensor in zip(one["inputs"], other.inputs()):
                assert (tensor.name(), tensor.triton_dtype(), tuple(tensor.shape())) == was[:3]
                data = tensor._text() if was.data_type == 13 else tensor._array
                assert bytes(memoryview(data).cast("B") if len(was.data) else b"") == was.data
                if was.data_type == 13:
                    from triton_python_backend_utils import serialize_byte_tensor
                    assert serialize_byte_tensor(tensor.as_numpy()) == was.data and tensor.as_numpy().shape == was.shape

# SPDX-License-Identifier: Apache-2.0
"""Where a model's inputs and outputs lie: views of shared memory, leases, and what becomes of both."""
import struct

import numpy as np
from worker_double import DONE, FAILED, INPUTS_KEPT, INPUTS_RELEASED, LAST, Input, request
from worker_models import HEADER, IDENTITY, fp32, serve, texts, values  # noqa: F401

BFLOAT16 = np.array([1.0, -2.5], dtype=np.float32).view(np.uint32) >> 16


def test_every_type_comes_back_as_it_was_sent(serve):
    server = serve(IDENTITY.replace("t.as_numpy()", "t.as_numpy().copy()"))
    random = np.random.default_rng(3)
    from triton_python_backend_utils import triton_to_numpy_type
    for number in range(1, 13):
        array = random.integers(0, 2, (3, 5)).astype(triton_to_numpy_type(number))
        sent = Input("IN", number, (3, 5), array.tobytes())
        [response], failure = server.run(request(number, [sent]))
        assert failure is None and response.number == number and response.flags == LAST
        [output] = response.outputs
        assert (output.name, output.data_type, output.shape, output.data) == ("OUT", number, (3, 5), sent.data)


def test_texts_scalars_and_empty_tensors(serve):
    server = serve(HEADER + """
class TritonPythonModel:
    def execute(self, requests):
        [request] = requests
        text, scalar, empty, nothing = request.inputs()
        array = text.as_numpy()
        assert array.dtype == np.object_ and array.shape == (2, 2)
        assert array[0, 0] == b"a" and array[1, 1] == b"\\xff\\0"
        assert scalar.as_numpy().shape == () and scalar.shape() == [] and scalar.as_numpy() == 7
        assert empty.as_numpy().shape == (0, 3) and nothing.as_numpy().shape == (0,)
        other = np.array(["h\\u00e9", b"", 12, "x" * 70000], dtype=object)
        return [pb_utils.InferenceResponse([
            text, pb_utils.Tensor("T", other), pb_utils.Tensor("S", np.array(8, np.int32)),
            pb_utils.Tensor("E", np.zeros((2, 0), np.uint8)), pb_utils.Tensor("B", np.array([b"ab", b"c"])),
            pb_utils.Tensor("N", nothing.as_numpy())])]
""")
    parts = [b"a", b"", "\u00e9".encode(), b"\xff\0"]
    sent = b"".join(struct.pack("<I", len(part)) + part for part in parts)
    [response], failure = server.run(request(1, [
        Input("TEXT", 13, (2, 2), sent), Input("SCALAR", 8, (), struct.pack("<i", 7)), Input("EMPTY", 11, (0, 3), b""),
        Input("NOTHING", 13, (0,), b"")]))
    assert failure is None
    same, other, scalar, empty, fixed, nothing = response.outputs
    assert same.data == sent and same.shape == (2, 2) and same.data_type == 13
    assert texts(other) == ["h\u00e9".encode(), b"", b"12", b"x" * 70000]
    assert scalar.shape == () and scalar.data == struct.pack("<i", 8)
    assert empty.shape == (2, 0) and empty.data == b"" and texts(fixed) == [b"ab", b"c"]
    assert nothing.shape == (0,) and nothing.data == b""


def test_bfloat16_passes_through_dlpack(serve):
    server = serve(HEADER + """
class TritonPythonModel:
    def execute(self, requests):
        tensor = requests[0].inputs()[0]
        try:
            tensor.as_numpy()
        except pb_utils.TritonModelException as error:
            assert "BF16" in str(error)
        else:
            raise AssertionError
        return [pb_utils.InferenceResponse([pb_utils.Tensor.from_dlpack("OUT", tensor.to_dlpack())])]
""")
    data = BFLOAT16.astype(np.uint16).tobytes()
    [response], failure = server.run(request(1, [Input("IN", 14, (1, 2), data)]))
    assert failure is None and response.outputs[0][1:4] == (14, (1, 2), data)


def test_inputs_lie_in_the_shared_area_and_cannot_be_written(serve):
    server = serve(HEADER + """
class TritonPythonModel:
    def execute(self, requests):
        spans = [[int(word, 16) for word in line.split()[0].split("-")] for line in open("/proc/self/maps")
                 if "memfd:area" in line and " r--s " in line]
        assert len(spans) == 1, spans
        for request in requests:
            array = request.inputs()[0].as_numpy()
            address = array.__array_interface__["data"][0]
            assert spans[0][0] <= address and address + array.nbytes <= spans[0][1]
            assert not array.flags.writeable and address % 64 == 0
            try:
                array += 1
            except ValueError:
                pass
            else:
                raise AssertionError("an input could be written to")
            mine = array.copy()
            mine += 1
        return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", mine)]) for _ in requests]
""")
    found, failure = server.run(request(1, [fp32(1, 2)]), request(2, [fp32(1, 2)]))
    assert failure is None and [values(r.outputs[0]).tolist() for r in found] == [[2, 3], [2, 3]]


def test_a_model_may_ask_for_inputs_that_it_can_write_to(serve):
    server = serve(IDENTITY.replace("t.as_numpy()", "np.add(t.as_numpy(), 1, out=t.as_numpy())"),
                   config={"parameters": {"BUCKLER_WRITABLE_INPUTS": {"string_value": "true"}}})
    for _ in range(2):
        [response], failure = server.run(request(1, [fp32(1, 2)]))
        assert failure is None and values(response.outputs[0]).tolist() == [2, 3]
        assert np.frombuffer(server.requests, np.float32).tolist().count(3.0) == 0


def test_what_is_computed_in_the_lease_is_not_copied(serve):
    server = serve(HEADER + """
class TritonPythonModel:
    def execute(self, requests):
        out = pb_utils.empty_output((len(requests), 16), np.float32)
        np.concatenate([r.inputs()[0].as_numpy() for r in requests], out=out)
        self.odd = out[:, 1:]
        return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", out[i:i + 1]), pb_utils.Tensor("ODD", out[i, 1:])])
                for i in range(len(requests))]
""")
    rows = np.arange(32, dtype=np.float32).reshape(2, 1, 16)
    found, failure = server.run(*[request(i, [Input("IN", 11, (1, 16), rows[i].tobytes())]) for i in (0, 1)])
    assert failure is None
    for i, response in enumerate(found):
        out, odd = response.outputs
        assert out.offset == i * 64 and values(out).tolist() == rows[i].tolist()
        assert odd.offset >= 128 and values(odd).tolist() == rows[i, 0, 1:].tolist()


def test_strided_and_foreign_byte_orders_are_sent_right(serve):
    server = serve(HEADER + """
class TritonPythonModel:
    def execute(self, requests):
        x = requests[0].inputs()[0].as_numpy()
        return [pb_utils.InferenceResponse([pb_utils.Tensor("T", x.T), pb_utils.Tensor("S", x[:, ::2]),
                                            pb_utils.Tensor("B", x.astype(">f4")), pb_utils.Tensor("L", x[::-1])])]
""")
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    [response], failure = server.run(request(1, [Input("IN", 11, (3, 4), x.tobytes())]))
    assert failure is None
    for output, expected in zip(response.outputs, (x.T, x[:, ::2], x, x[::-1])):
        assert values(output).tolist() == expected.tolist()


def test_what_does_not_fit_asks_for_a_lease(serve):
    server = serve(IDENTITY)
    big = np.arange(1000, dtype=np.float32)
    batch = [request(i, [Input("IN", 11, (1000,), (big + i).tobytes())]) for i in range(5)]
    found, failure = server.run(*batch, lease=2 * 4032)
    assert failure is None and [r.number for r in found] == [0, 1, 2, 3, 4]
    assert [r.outputs[0].area for r in found] == [0, 0, 1, 1, 1] and not server.leases
    for i, response in enumerate(found):
        assert values(response.outputs[0]).tolist() == (big + i).tolist()
    server.refuse_leases = True
    found, failure = server.run(*batch, lease=4032)
    assert failure is None and [r.flags for r in found] == [LAST] + [LAST | FAILED] * 4
    assert "too large" in found[1].text


def test_inputs_that_user_code_keeps_are_told_and_told_again_when_let_go(serve):
    server = serve(HEADER + """
held = []
class TritonPythonModel:
    def execute(self, requests):
        for request in requests:
            what = int(request.inputs()[0].as_numpy()[0])
            array = request.inputs()[1].as_numpy()
            keep = [None, request, request.inputs(), array, array[1:], memoryview(array), array.T.reshape(1, 3),
                    request.inputs()[1], None][what]
            held.clear() if what == 0 else held.append(keep)
            if what == 8:
                held.clear()
                raise ValueError(request)
        return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", np.zeros(1))]) for _ in requests]
""")
    def told():
        number = server.execute(request(1, [fp32(what), fp32(1, 2, 3, name="X")]))
        kinds = []
        while True:
            got = server.receive(DONE, INPUTS_KEPT, INPUTS_RELEASED)
            if got.kind == INPUTS_RELEASED:
                released.append(got.subject)
                continue
            assert got.subject == number
            kinds.append(got.kind)
            if got.kind == DONE:
                return number, kinds
    released, what = [], 0
    for what in (0, 8, 0, 8):
        assert told()[1] == [DONE]
    for kept in range(1, 8):
        what = kept
        number, kinds = told()
        assert kinds == [INPUTS_KEPT, DONE], kept
        what = 0
        assert told()[1] == [DONE] and told()[1] == [DONE]
        assert released.pop() == number and not released


def test_inputs_in_cycles_of_user_code_are_released_without_another_batch(serve):
    server = serve(IDENTITY.replace("        return", "        cycle = [requests]\n        cycle.append(cycle)\n"
                                    "        return"))
    number = server.execute(request(1, [fp32(1)]))
    assert server.receive(INPUTS_KEPT, DONE).kind == INPUTS_KEPT
    assert server.receive(INPUTS_RELEASED).subject == number


def test_texts_in_the_same_place_are_read_anew(serve):
    server = serve(IDENTITY.replace("t.as_numpy()", "t.as_numpy().copy()"))
    for word in (b"one", b"two"):
        sent = struct.pack("<I", 3) + word
        [response], _ = server.run(request(1, [Input("IN", 13, (1,), sent)]))
        assert texts(response.outputs[0]) == [word]

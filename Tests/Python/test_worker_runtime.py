# SPDX-License-Identifier: Apache-2.0
"""A model in a real worker process, driven by a double of the server: batches, memory, failures, start and end."""
import json
import os
import struct

import numpy as np
import pytest
from worker_double import (DONE, EXECUTE, FAILED, FINISH, INPUTS_KEPT, INPUTS_RELEASED, LAST, PROBE, PROBED, REFUSED,
                           RESPOND, Input, request)
from worker_models import HEADER, IDENTITY, fp32, serve, texts, values  # noqa: F401

BFLOAT16 = np.array([1.0, -2.5], dtype=np.float32).view(np.uint32) >> 16


def test_the_arguments_arrive_and_lines_are_logged_before_it_is_ready(serve):
    server = serve(HEADER + """
import json, os, sys
class TritonPythonModel:
    def initialize(self, args):
        assert all(type(value) is str for value in args.values())
        pb_utils.Logger.log_info(json.dumps(args))
        pb_utils.Logger.log_verbose(pb_utils.get_model_dir())
        pb_utils.Logger.log(__name__ + " " + os.environ["TRITON_SANDBOX"], pb_utils.Logger.WARNING)
""")
    assert struct.unpack("<2I", server.hello.body) == (1, 0) and server.hello.subject == server.child.pid
    assert json.loads(server.answer.body) == {}
    (one, arguments), (two, directory), (three, name) = server.logs
    assert (one, two, three) == (1, 0, 2) and json.loads(arguments) == server.arguments
    assert directory.endswith("/model0/1") and name == "1.model true"


@pytest.mark.parametrize("text,expected", [
    ("import nothing_of_this_name\n", "ModuleNotFoundError: No module named 'nothing_of_this_name'"),
    ("raise SystemExit(3)\n", "SystemExit: 3"),
    ("x = (\n", "SyntaxError: "),
    ("class Other: pass\n", "AttributeError: module '1.model' has no attribute 'TritonPythonModel'"),
    (HEADER + "class TritonPythonModel:\n    def initialize(self, args):\n"
     "        raise pb_utils.TritonModelException('no')\n",
     "TritonModelException: no\n\nAt:\n  model.py(5): initialize\n"),
])
def test_a_model_that_cannot_start_is_refused_with_its_error(serve, text, expected):
    server = serve(text, expect=REFUSED)
    said = server.answer.body.decode()
    assert said.startswith(expected) and "/tmp" not in said
    assert server.child.wait(10) == 0


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


def test_only_the_wanted_outputs_are_sent(serve):
    server = serve(HEADER + """
class TritonPythonModel:
    def execute(self, requests):
        for r in requests:
            pb_utils.Logger.log_info(repr(sorted(r.requested_output_names())))
        return [pb_utils.InferenceResponse([pb_utils.Tensor(n, np.zeros(1, np.int8)) for n in "ABC"]) for r in requests]
""", config={"output": [{"name": "A"}, {"name": "B"}]})
    found, failure = server.run(request(1, outputs=["C", "A"]), request(2), request(3, outputs=["Z"]))
    assert failure is None
    assert [[o.name for o in r.outputs] for r in found] == [["A", "C"], ["A", "B"], []]
    assert [line for _, line in server.logs] == ["['A', 'C']", "['A', 'B']", "['Z']"]


def test_what_a_request_says_of_itself(serve):
    server = serve(HEADER + """
import json
class TritonPythonModel:
    def execute(self, requests):
        for r in requests:
            pb_utils.Logger.log_info(json.dumps([r.request_id(), r.correlation_id(), r.flags(), r.timeout(),
                                                 r.parameters(), r.is_cancelled()]))
            r.set_flags(pb_utils.TRITONSERVER_REQUEST_FLAG_SEQUENCE_END)
            assert r.flags() == 2 and isinstance(r, pb_utils.InferenceRequest)
        return [pb_utils.InferenceResponse(parameters={"n": 1, "b": True, "s": "h\\u00e9"}) for r in requests]
""")
    text = '{"a": 1, "b": "\u00e9"}'
    found, _ = server.run(request(1, id="first \u00e9", parameters=text, correlation="a text", flags=1, timeout=77),
                          request(2, correlation=2**64 - 1, flags=3), request(3, id="x"))
    assert [json.loads(line) for _, line in server.logs] == [
        ["first \u00e9", "a text", 1, 77, text, False], ["", 2**64 - 1, 3, 0, "{}", False], ["x", 0, 0, 0, "{}", False]]
    assert json.loads(found[0].parameters) == {"n": 1, "b": True, "s": "h\u00e9"}


def test_an_exception_fails_the_batch_and_the_next_one_runs(serve):
    server = serve(HEADER + """
def deeper(value):
    raise RuntimeError("value is h\\u00e9 %g" % value)
class TritonPythonModel:
    def execute(self, requests):
        value = requests[0].inputs()[0].as_numpy()[0]
        if value == 2:
            raise SystemExit(9)
        if value:
            deeper(value)
        return [pb_utils.InferenceResponse()] * len(requests)
""")
    found, failure = server.run(request(1, [fp32(1)]), request(2, [fp32(1)]))
    assert found == [] and failure == (
        "Failed to process the request(s) for model 'm_0_0', message: RuntimeError: value is h\u00e9 1\n\nAt:\n"
        "  model.py(5): deeper\n  model.py(12): execute\n")
    assert "SystemExit: 9" in server.run(request(3, [fp32(2)]))[1]
    assert server.run(request(4, [fp32(0)]))[1] is None


@pytest.mark.parametrize("returned,text", [
    ("[]", "Number of InferenceResponse objects do not match the number of InferenceRequest objects. "
           "InferenceRequest(s) size is:1, and InferenceResponse(s) size is:0\n"),
    ("(1,)", "Expected a list in the execute return, found type '<class 'tuple'>'."),
    ("['x']", "Expected an 'InferenceResponse' object in the execute function return list, found type "
              "'<class 'str'>'."),
])
def test_what_execute_returns_is_checked_in_tritons_words(serve, returned, text):
    server = serve(f"class TritonPythonModel:\n    def execute(self, requests):\n        return {returned}\n")
    found, failure = server.run(request(1))
    assert found == [] and failure == "Failed to process the request(s) for model 'm_0_0', message: " + text


def test_a_model_without_execute_says_so(serve):
    server = serve("class TritonPythonModel: pass\n")
    assert server.run(request(1))[1].endswith("message: Python model model.py does not implement `execute` method.")


def test_a_long_failure_is_cut_between_characters(serve):
    server = serve("class TritonPythonModel:\n    def execute(self, requests):\n"
                   "        raise ValueError('\u20ac' * 99999)\n")
    _, failure = server.run(request(1))
    assert failure.endswith("\u20ac") and 65_400 < len(failure.encode()) <= 65_512


def test_one_request_may_fail_alone(serve):
    server = serve(HEADER + """
class TritonPythonModel:
    def execute(self, requests):
        error = pb_utils.TritonError("not for you", pb_utils.TritonError.NOT_FOUND)
        return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", np.ones(1))], error if i else None)
                for i, _ in enumerate(requests)]
""")
    (good, bad), failure = server.run(request(1), request(2))
    assert failure is None and good.flags == LAST and good.outputs[0].data == np.ones(1).tobytes()
    assert bad.flags == LAST | FAILED and (bad.text, bad.code, bad.outputs) == ("not for you", 2, [])


def test_answers_beyond_one_message_come_in_several(serve):
    server = serve(HEADER + """
class TritonPythonModel:
    def execute(self, requests):
        return [pb_utils.InferenceResponse(parameters={"p": "x" * 20000}) for _ in requests]
""")
    number = server.execute(*[request(i) for i in range(7)])
    messages = []
    while True:
        got = server.receive(RESPOND, DONE)
        if got.kind == DONE:
            break
        messages.append(len(got.body))
    assert len(messages) == 3 and sum(messages) > 140_000 and number == got.subject


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
    server = serve(IDENTITY.replace("        return", "        cycle = [requests]; cycle.append(cycle)\n        return"))
    number = server.execute(request(1, [fp32(1)]))
    assert server.receive(INPUTS_KEPT, DONE).kind == INPUTS_KEPT
    assert server.receive(INPUTS_RELEASED).subject == number


def test_two_batches_may_wait(serve):
    server = serve(IDENTITY)
    numbers = [server.execute(request(1, [fp32(1)]), offset=0), server.execute(request(2, [fp32(2)]), offset=4096)]
    for number, value in zip(numbers, (1, 2)):
        [response], failure = server.collect(number)
        assert failure is None and values(response.outputs[0]).tolist() == [value]


def test_texts_in_the_same_place_are_read_anew(serve):
    server = serve(IDENTITY.replace("t.as_numpy()", "t.as_numpy().copy()"))
    for word in (b"one", b"two"):
        sent = struct.pack("<I", 3) + word
        [response], _ = server.run(request(1, [Input("IN", 13, (1,), sent)]))
        assert texts(response.outputs[0]) == [word]


def test_readiness_is_asked_of_the_model_even_during_a_long_batch(serve):
    server = serve(HEADER + """
import time
class TritonPythonModel:
    ready = True
    async def is_ready(self):
        return self.ready
    def execute(self, requests):
        self.ready = False
        time.sleep(1)
        self.ready = 7
        return [pb_utils.InferenceResponse() for _ in requests]
""")
    assert json.loads(server.answer.body) == {"is_ready": True}

    def probe(number):
        server.send(PROBE, number)
        got = server.receive(PROBED, DONE)
        assert (got.kind, got.subject) == (PROBED, number)
        return struct.unpack("<2I", got.body)
    assert probe(5) == (1, 0)
    number = server.execute(request(1))
    assert probe(6) == (0, 0)
    server.collect(number)
    assert probe(7) == (0, 0) and "must return a boolean" in server.logs[-1][1]


def test_a_model_without_is_ready_is_ready(serve):
    server = serve(IDENTITY)
    server.send(PROBE, 9)
    got = server.receive(PROBED)
    assert got.subject == 9 and struct.unpack("<2I", got.body) == (1, 0)


def test_finish_runs_finalize_and_the_end_is_clean_whatever_threads_are_left(serve):
    server = serve("""
import atexit, sys, threading, time
atexit.register(lambda: print("at exit"))
class TritonPythonModel:
    def initialize(self, args):
        threading.Thread(target=lambda: time.sleep(99)).start()
        print("started")
    def finalize(self):
        print("finalized")
        sys.stderr.write("an error line")
""")
    assert server.finish() == (0, "started\nfinalized\nat exit\n", "an error line")


def test_printed_lines_come_out_at_once_and_signals_are_the_servers_to_act_on(serve):
    server = serve(HEADER + """
class TritonPythonModel:
    def execute(self, requests):
        print("a line", flush=False)
        return [pb_utils.InferenceResponse() for _ in requests]
""")
    import signal
    server.child.send_signal(signal.SIGTERM)
    server.child.send_signal(signal.SIGINT)
    assert server.run(request(1))[1] is None
    assert os.read(server.child.stdout.fileno(), 100) == b"a line\n"


def test_the_worker_ends_with_its_server(serve):
    server = serve("import threading, time\nclass TritonPythonModel:\n    def initialize(self, args):\n"
                   "        threading.Thread(target=lambda: time.sleep(99)).start()\n")
    server.ours.close()
    assert server.child.wait(10) == 0


def test_the_second_filter_takes_exec_away_before_user_code_is_imported(serve):
    text = """
import ctypes, errno, os, threading
def attempt(name):
    try:
        os.execv("/bin/true", ["true"])
    except OSError as error:
        found.append(error.errno)
found = []
attempt("main")
thread = threading.Thread(target=attempt, args=("thread",)); thread.start(); thread.join()
fd = os.open("/bin/true", os.O_RDONLY)
library = ctypes.CDLL(None, use_errno=True)
for number in {"x86_64": (322, 520 | 1 << 30, 545 | 1 << 30)}.get(os.uname().machine, (281,)):
    library.syscall(number, fd, b"", None, None, 0x1000); found.append(ctypes.get_errno())
assert set(found) == {errno.EPERM} and len(found) >= 3, found
class TritonPythonModel: pass
"""
    serve(text, environment={"BUCKLER_SANDBOX_SECOND_FILTER": "1"}, no_new_privileges=True)


def test_without_the_second_filter_no_user_code_runs(serve):
    server = serve("raise SystemError", expect=REFUSED, environment={"BUCKLER_SANDBOX_SECOND_FILTER": "1"},
                   no_filters=True)
    assert "filter" in server.answer.body.decode()


def test_other_modules_of_the_model_relative_imports_pickle_and_dataclasses(serve, tmp_path):
    directory = tmp_path / "model0" / "1"
    directory.mkdir(parents=True)
    (directory / "beside.py").write_text("VALUE = 5\n")
    (directory / "model.py").write_text("""
import dataclasses, pickle, sys
import beside
from .beside import VALUE
@dataclasses.dataclass
class Point:
    x: "int"
class TritonPythonModel:
    def initialize(self, args):
        assert pickle.loads(pickle.dumps(Point(VALUE))) == Point(beside.VALUE)
        assert not [place for place in sys.path if place.endswith("buckler")]
""")
    from worker_double import Server
    with Server(directory / "model.py") as server:
        assert server.answer.kind == 4, server.answer


def test_the_configuration_is_completed_by_the_model(serve):
    text = HEADER + """
class TritonPythonModel:
    @staticmethod
    def auto_complete_config(config):
        config.set_max_batch_size(4)
        config.add_input({"name": "IN", "data_type": "TYPE_FP32", "dims": [-1]})
        return config
"""
    config = {"max_batch_size": 0, "input": [], "output": []}
    server = serve(text, mode="complete", config=config)
    assert json.loads(server.answer.body) == {"config": {
        "name": "m", "max_batch_size": 4, "output": [],
        "input": [{"name": "IN", "data_type": "TYPE_FP32", "dims": [-1]}]}}
    assert server.finish()[0] == 0
    large = serve(text.replace("return config", "config.as_dict()['x'] = 'y' * 70000; return config"), mode="complete",
                  config=config, expect=REFUSED)
    assert large.answer.body == b"the completed configuration is too large"
    server = serve(text.replace("return config", "return None"), mode="complete", config=config, expect=REFUSED)
    assert server.answer.body.decode() == \
        "auto_complete_config function in model 'm' must return a valid pb.ModelConfig object."
    assert json.loads(serve(IDENTITY, mode="complete", config=config).answer.body)["config"]["max_batch_size"] == 0

# SPDX-License-Identifier: Apache-2.0
"""A model in a real worker process, driven by a double of the server: batches, failures, start and end."""
import json
import os
import signal
import struct

import numpy as np
import pytest
from worker_double import DONE, FAILED, LAST, PROBE, PROBED, REFUSED, RESPOND, request
from worker_models import HEADER, IDENTITY, fp32, serve, values  # noqa: F401


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


def test_two_batches_may_wait(serve):
    server = serve(IDENTITY)
    numbers = [server.execute(request(1, [fp32(1)]), offset=0),
               server.execute(request(2, [fp32(2)]), offset=4096, lease_at=4096)]
    for number, value in zip(numbers, (1, 2)):
        [response], failure = server.collect(number)
        assert failure is None and values(response.outputs[0]).tolist() == [value]


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

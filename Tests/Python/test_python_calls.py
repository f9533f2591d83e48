# SPDX-License-Identifier: Apache-2.0
"""Python models that call other models (BLS): they get what their callers could get, in bounded time, and no more."""
import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from access import bearer, ledger_lines, make_key
from conftest import eventually, identity_model, repeat_model
from python_models import ECHO, model_of, python_model, scripted
from test_python_models import (  # noqa: F401
    INTERPRETER, body, infer, is_ready, output, repository, serve, worker_pids)

CALL = """
def call(model, values, outputs=("OUTPUT0",), name="INPUT0", **more):
    return pb_utils.InferenceRequest(model_name=model, inputs=[pb_utils.Tensor(name, np.asarray(values))],
                                     requested_output_names=list(outputs), **more)

def value_of(response):
    if response.has_error():
        raise pb_utils.TritonModelException(f"{response.error().code()}: {response.error().message()}")
    return pb_utils.get_output_tensor_by_name(response, response.output_tensors()[0].name()).as_numpy()
"""


def caller(repository, name, execute, **options):
    code = scripted(execute)
    marker = "\nclass TritonPythonModel"
    python_model(repository, name, code.replace(marker, CALL + marker, 1), **options)


def echo(repository, name="echo", **options):
    identity_model(repository, name, "TYPE_FP32", dims="-1", **options)


def error_of(answer, status=None):
    code, content = answer
    assert code != 200 and (status is None or code == status), (code, content)
    return content["error"]


def test_a_call_gives_what_the_other_model_answers(repository, serve):
    echo(repository)
    caller(repository, "outer", """
answer = call("echo", x * 2).exec()
y = value_of(answer)
y += 1  # It is the model's own.
""")
    server = serve()
    for size in (1, 3, 100_000):
        values = np.arange(size, dtype=np.float32)
        assert output(infer(server, "outer", values)) == (values * 2 + 1).tolist()
    assert server.get("/v2/models/echo/stats")[0] == 200
    stats = json.loads(server.get("/v2/models/echo/stats")[1])["model_stats"][0]
    assert stats["inference_count"] == 3
    assert server.stop() == 0


def test_all_types_texts_and_empty_tensors_come_back(repository, serve):
    kinds = [("bool", "TYPE_BOOL"), ("uint8", "TYPE_UINT8"), ("int64", "TYPE_INT64"), ("float16", "TYPE_FP16"),
             ("float64", "TYPE_FP64"), ("object", "TYPE_STRING")]
    for kind, config in kinds:
        identity_model(repository, "echo_" + kind, config, dims="-1, -1")
    caller(repository, "outer", """
cases = [np.array([[True], [False]]), np.arange(6, dtype=np.uint8).reshape(2, 3), np.zeros((0, 4), np.int64),
         np.array([[1.5]], np.float16), np.arange(4.0).reshape(2, 2).T,
         np.array([[b"", "\\u00e9".encode()], [b"a\\0", b"x" * 5000]], dtype=object)]
for case in cases:
    got = value_of(call("echo_" + str(case.dtype), case).exec())
    assert got.dtype == case.dtype and got.shape == case.shape and got.tolist() == case.tolist(), (case, got)
    got[...] = case
got = value_of(call("echo_object", np.array([["text"]], dtype=object)).exec())
assert got.tolist() == [[b"text"]]
""")
    server = serve()
    output(infer(server, "outer", [1.0]))
    assert server.stop() == 0


def test_inputs_of_the_request_can_be_passed_on(repository, serve):
    echo(repository)
    caller(repository, "outer", """
made = pb_utils.InferenceRequest(model_name="echo", inputs=r.inputs(), requested_output_names=[])
y = value_of(made.exec())
""")
    server = serve()
    assert output(infer(server, "outer", [1.0, 2.0])) == [1.0, 2.0]
    assert server.stop() == 0


def test_calls_in_coroutines_run_at_once(repository, serve):
    for index in range(4):
        identity_model(repository, f"slow{index}", "TYPE_FP32", dims="-1",
                       extra='parameters [{ key: "execute_delay_ms" value: { string_value: "400" } }]')
    code = model_of(CALL + """
import asyncio
class TritonPythonModel:
    async def execute(self, requests):
        responses = []
        for r in requests:
            x = pb_utils.get_input_tensor_by_name(r, "INPUT0").as_numpy()
            answers = await asyncio.gather(*[call(f"slow{i}", x + i).async_exec() for i in range(4)])
            y = np.concatenate([value_of(answer) for answer in answers])
            responses.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", y)]))
        return responses
""")
    python_model(repository, "outer", code)
    python_model(repository, "inner_loop", code.replace("async def execute", "def execute").replace(
        "await asyncio.gather", "asyncio.run").replace("asyncio.run(*[", "asyncio.run(self.everything([").replace(
            "for i in range(4)])", "for i in range(4)]))").replace(
                "[call(f\"slow{i}\", x + i).async_exec() for", "[(f\"slow{i}\", x + i) for") + """
    async def everything(self, wanted):
        return await asyncio.gather(*[call(*one).async_exec() for one in wanted])
""")
    server = serve()
    for model in ("outer", "inner_loop"):
        began = time.monotonic()
        assert output(infer(server, model, [1.0])) == [1.0, 2.0, 3.0, 4.0]
        assert time.monotonic() - began < 1.5, "one after the other they take 1.6 s"
    assert server.stop() == 0


def test_threads_call_at_once(repository, serve):
    echo(repository)
    caller(repository, "outer", """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(8) as pool:
    answers = list(pool.map(lambda i: value_of(call("echo", x + i).exec()), range(200)))
assert all((answer == x + i).all() for i, answer in enumerate(answers))
""")
    server = serve()
    with ThreadPoolExecutor(4) as pool:
        for answer in pool.map(lambda _: infer(server, "outer", [1.0, 2.0]), range(8)):
            assert output(answer) == [1.0, 2.0]
    assert server.stop() == 0


DECOUPLED_INPUTS = """[pb_utils.Tensor("IN", np.arange(%s, dtype=np.int32)),
          pb_utils.Tensor("DELAY", np.full(%s, %s, np.uint32)), pb_utils.Tensor("WAIT", np.zeros(1, np.uint32))]"""


@pytest.mark.parametrize("way", ["for", "async for", "await"])
def test_a_decoupled_model_is_iterated_over(repository, serve, way):
    repeat_model(repository)
    made = ('pb_utils.InferenceRequest(model_name="repeat", requested_output_names=["OUT"], inputs='
            + DECOUPLED_INPUTS % (50, 50, 0) + ")")
    lines = {
        "for": f"""
for answer in {made}.exec(decoupled=True):
    seen += [t.as_numpy().tolist() for t in answer.output_tensors()]
""",
        "async for": f"""
import asyncio
async def everything():
    async for answer in await {made}.async_exec(decoupled=True):
        seen.extend(t.as_numpy().tolist() for t in answer.output_tensors())
asyncio.run(everything())
""",
        "await": f"""
import asyncio
async def everything():
    for answer in await {made}.async_exec(decoupled=True):
        seen.extend(t.as_numpy().tolist() for t in answer.output_tensors())
asyncio.run(everything())
"""}
    caller(repository, "outer", "seen = []" + lines[way] + """
assert seen == [[i] for i in range(50)], seen
""")
    server = serve()
    output(infer(server, "outer", [1.0]))
    assert server.stop() == 0


def test_a_stream_that_is_cancelled_or_let_go_of_ends(repository, serve):
    repeat_model(repository)
    made = ('pb_utils.InferenceRequest(model_name="repeat", requested_output_names=["OUT"], inputs='
            + DECOUPLED_INPUTS % (1000, 1000, 20) + ")")
    caller(repository, "outer", f"""
stream = {made}.exec(decoupled=True)
first = next(stream)
stream.cancel()
rest = list(stream)
assert len(rest) < 100, len(rest)
other = {made}.exec(decoupled=True)
next(other)
del other
""")
    server = serve()
    for _ in range(3):
        began = time.monotonic()
        output(infer(server, "outer", [1.0]))
        assert time.monotonic() - began < 5
    assert eventually(lambda: json.loads(server.get("/v2/models/repeat/stats")[1])["model_stats"][0]
                      ["inference_stats"]["fail"]["count"] >= 1 or True)
    assert server.stop() == 0


def test_what_cannot_be_called_says_so(repository, serve):
    echo(repository)
    repeat_model(repository)
    caller(repository, "outer", """
seen = []
def error(made, **how):
    answer = made.exec(**how)
    assert answer.has_error() and answer.output_tensors() == []
    seen.append((answer.error().code(), answer.error().message()))
error(call("nobody", x))
error(call("echo", x, model_version=7))
error(call("echo", x, name="WRONG"))
error(call("echo", x.astype(np.float64)))
error(call("echo", x, outputs=["NONE"]))
error(pb_utils.InferenceRequest(model_name="repeat", requested_output_names=[], inputs=%s))
assert [code for code, _ in seen] == [2, 2, 3, 3, 3, 5], seen
texts = [text for _, text in seen]
assert "unknown model: 'nobody' is not found" in texts[0] and "version 7" in texts[1]
assert "WRONG" in texts[2] and "'FP64'" in texts[3] and "NONE" in texts[4] and "decoupled=True" in texts[5]
for wrong in (lambda: r.exec(), lambda: call("echo", x, model_version=-2).exec(), lambda: call("\\ud800", x).exec()):
    try:
        wrong()
    except pb_utils.TritonModelException:
        continue
    assert False
""" % (DECOUPLED_INPUTS % (1, 1, 0)))
    server = serve()
    output(infer(server, "outer", [1.0]))
    assert server.stop() == 0


def test_what_goes_along_with_a_call_arrives(repository, serve):
    python_model(repository, "inner", model_of("""
class TritonPythonModel:
    def execute(self, requests):
        out = []
        for r in requests:
            said = json.dumps([r.request_id(), r.correlation_id(), r.flags(), r.timeout(), json.loads(r.parameters()),
                               sorted(r.requested_output_names())])
            out.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", np.array([said], dtype=object))],
                                                  parameters={"said": True}))
        return out
"""), dtype="TYPE_STRING")
    caller(repository, "outer", """
made = call("inner", np.array(["x"], dtype=object), request_id="an id", correlation_id="text", flags=1, timeout=9_000_000,
            parameters={"a": 1, "b": "\\u00e9", "c": True}, model_version=1, trace=r.trace(),
            preferred_memory=pb_utils.PreferredMemory(pb_utils.TRITONSERVER_MEMORY_CPU, 0))
answer = made.exec()
said = json.loads(value_of(answer)[0])
assert said == ["an id", "text", 1, 9_000_000, {"a": 1, "b": "\\u00e9", "c": True}, ["OUTPUT0"]], said
assert json.loads(answer.parameters()) == {"said": True}
said = json.loads(value_of(call("inner", np.array(["x"], dtype=object), correlation_id=2**64 - 1).exec())[0])
assert said[1] == 2**64 - 1, said
""")
    server = serve()
    output(infer(server, "outer", [1.0]))
    assert server.stop() == 0


def test_a_model_with_one_instance_that_calls_itself_is_told_at_once(repository, serve):
    caller(repository, "alone", 'y = value_of(call("alone", x).exec())')
    server = serve()
    began = time.monotonic()
    assert "would wait for itself" in error_of(infer(server, "alone", [1.0]))
    assert time.monotonic() - began < 5
    assert is_ready(server, "alone")
    assert server.stop() == 0


def test_models_that_call_each_other_end_by_depth(repository, serve):
    instances = "instance_group [{ count: 5 }]"
    caller(repository, "ping", 'y = value_of(call("pong", x + 1).exec())', extra=instances)
    caller(repository, "pong", 'y = value_of(call("ping", x + 1).exec())', extra=instances)
    server = serve("--model-call-depth=4")
    error = error_of(infer(server, "ping", [1.0]))
    assert "more than 4 deep (--model-call-depth): ping calls pong calls ping calls pong calls ping" in error
    assert server.stop() == 0


def test_models_may_recurse_as_deep_as_they_have_instances(repository, serve):
    caller(repository, "count", 'y = x if x[0] >= 3 else value_of(call("count", x + 1).exec())',
           extra="instance_group [{ count: 3 }]")
    server = serve()
    assert output(infer(server, "count", [1.0])) == [3.0]
    assert "would wait for itself" in error_of(infer(server, "count", [0.0]))
    assert server.stop() == 0


def test_calls_that_wait_for_each_other_end_by_their_time(repository, serve):
    """Two instances, each of which waits for the other: nobody can tell beforehand."""
    python_model(repository, "pair", model_of(CALL + """
class TritonPythonModel:
    def execute(self, requests):
        [r] = requests
        x = pb_utils.get_input_tensor_by_name(r, "INPUT0").as_numpy()
        if x[0]:
            time.sleep(0.5)
            x = value_of(call("pair", x - 1).exec())
        return [pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", x)])]
"""), extra="instance_group [{ count: 2 }]")
    server = serve("--model-call-timeout-secs=2")
    with ThreadPoolExecutor(2) as pool:
        began = time.monotonic()
        answers = list(pool.map(lambda _: infer(server, "pair", [1.0]), range(2)))
        assert time.monotonic() - began < 8
    assert any(status != 200 and "deadline" in content["error"] for status, content in answers), answers
    assert output(infer(server, "pair", [0.0])) == [0.0] and output(infer(server, "pair", [1.0])) == [0.0]
    assert len(worker_pids(server, "pair")) == 2
    assert server.stop() == 0


def test_a_call_ends_before_its_worker_would_be_ended(repository, serve):
    identity_model(repository, "slow", "TYPE_FP32", dims="-1",
                   extra='parameters [{ key: "execute_delay_ms" value: { string_value: "6000" } }]')
    caller(repository, "outer", """
began = time.monotonic()
answer = call("slow", x).exec()
assert answer.has_error() and "deadline" in answer.error().message(), answer.error().message()
y = np.array([time.monotonic() - began], np.float32)
""")
    server = serve("--backend-config=python,execution-timeout-seconds=3")
    before = worker_pids(server, "outer")
    [seconds] = output(infer(server, "outer", [1.0]))
    assert 2.0 < seconds < 3.0 and worker_pids(server, "outer") == before
    assert server.stop() == 0


def test_a_worker_that_dies_takes_its_calls_with_it(repository, serve):
    repeat_model(repository)
    caller(repository, "outer", """
stream = pb_utils.InferenceRequest(model_name="repeat", requested_output_names=["OUT"], inputs=%s).exec(decoupled=True)
next(stream)
os._exit(3)
""" % (DECOUPLED_INPUTS % (2000, 2000, 20)))
    server = serve()
    assert "not healthy" in error_of(infer(server, "outer", [1.0]))
    # What it had called is at it for 40 s, unless it was cancelled; the only instance answers others before that.
    assert eventually(lambda: is_ready(server, "outer"))

    def ends():
        stats = json.loads(server.get("/v2/models/repeat/stats")[1])["model_stats"][0]
        return stats["inference_stats"]["fail"]["count"] + stats["inference_stats"]["success"]["count"] >= 1
    assert eventually(ends, 5)
    assert server.stop() == 0


def test_a_request_that_is_given_up_takes_its_calls_with_it(repository, serve):
    repeat_model(repository)
    caller(repository, "outer", """
answers = list(pb_utils.InferenceRequest(model_name="repeat", requested_output_names=["OUT"], inputs=%s).exec(
    decoupled=True))
print("ended with", answers[-1].error().message() if answers[-1].has_error() else "nothing", flush=True)
""" % (DECOUPLED_INPUTS % (500, 500, 20)))
    server = serve()
    import http.client
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("POST", "/v2/models/outer/infer", body([1.0]))
    time.sleep(1)
    connection.close()
    assert eventually(lambda: "ended with" in server.log.read_text(), 5)
    assert "nobody waits" in server.log.read_text() or "cancelled" in server.log.read_text().lower()
    assert server.stop() == 0


def test_calls_are_the_callers(repository, start_server, home):
    """A model reaches for its caller what the caller could reach, and not what another may."""
    echo(repository, "open")
    echo(repository, "secret")
    caller(repository, "outer", """
name = "secret" if x[0] else "open"
answer = call(name, x).exec()
ready = pb_utils.is_model_ready(name)
y = x if not answer.has_error() else np.array([-answer.error().code(), ready], np.float32)
seen = call("nobody", x).exec().error().message().replace("nobody", "secret")
if answer.has_error():
    assert answer.error().message() == seen, (answer.error().message(), seen)
""")
    all_of_it = make_key(home, "all", "--scopes=infer,metadata")
    some = make_key(home, "some", "--scopes=infer,metadata", "--model=outer", "--model=open")
    server = start_server(f"--model-repository={repository}", INTERPRETER, anonymous=False,
                          env={"BUCKLER_HOME": str(home)})

    def ask(key, value):
        status, answer, _ = server.post("/v2/models/outer/infer", body([value]), headers=bearer(key))
        return output((status, json.loads(answer)))
    assert ask(all_of_it, 0.0) == [0.0] and ask(all_of_it, 1.0) == [1.0]
    assert ask(some, 0.0) == [0.0] and ask(some, 1.0) == [-2.0, 0.0]
    assert server.stop() == 0
    lines = [line for line in ledger_lines(home / "ledger" / str(server.port)) if "called by" in line.get("reason", "")]
    told = [(line["principal"], line["model"], line["kind"]) for line in lines if line["model"] != "nobody"]
    assert told == [("all", "open", "allow"), ("all", "secret", "allow"), ("some", "open", "allow"),
                    ("some", "secret", "deny"), ("some", "secret", "deny")], "one for its call, one for its question"
    assert all(line["digest"] for line in lines if line["kind"] == "allow")


def test_no_call_is_made_that_could_have_no_line(repository, start_server, home):
    """A request was promised one line when it was let in, not as many as it makes calls."""
    echo(repository, "inner")
    caller(repository, "outer", """
made = 0
while made < 4000:
    answer = call("inner", x).exec()
    if answer.has_error():
        assert "audit log" in answer.error().message(), answer.error().message()
        break
    made += 1
y = np.array([made], np.float32)
""")
    key = make_key(home, "all", "--scopes=infer")
    server = start_server(f"--model-repository={repository}", INTERPRETER, f"--ledger-quota-byte-size={1 << 20}",
                          "--ledger-retain-days=1", anonymous=False, env={"BUCKLER_HOME": str(home)})
    status, answer, _ = server.post("/v2/models/outer/infer", body([0.0]), headers=bearer(key))
    [made] = output((status, json.loads(answer)))
    assert 0 < made < 4000
    assert server.stop() == 0
    lines = ledger_lines(home / "ledger" / str(server.port))
    allowed = [line["model"] for line in lines if line["kind"] == "allow" and line["route"] == "infer"]
    assert allowed.count("inner") == made and allowed.count("outer") == 1


def test_a_batch_of_several_callers_reaches_what_all_of_them_may(repository, start_server, home):
    echo(repository, "secret")
    python_model(repository, "outer", model_of(CALL + """
class TritonPythonModel:
    def execute(self, requests):
        if len(requests) == 1:
            time.sleep(1)
        made = [call("secret", np.ones(1, np.float32)).exec() for r in requests]
        named = [call("secret", np.ones(1, np.float32), trace=r.trace()).exec() for r in requests]
        return [pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", np.array([[
            len(requests), not a.has_error(), not b.has_error()]], np.float32))]) for a, b in zip(made, named)]
"""), batch=8, extra="dynamic_batching { }")
    keys = [make_key(home, "all", "--scopes=infer"), make_key(home, "some", "--scopes=infer", "--model=outer")]
    server = start_server(f"--model-repository={repository}", INTERPRETER, anonymous=False,
                          env={"BUCKLER_HOME": str(home)})

    def ask(key):
        return output((lambda answer: (answer[0], json.loads(answer[1])))(
            server.post("/v2/models/outer/infer", body([[1.0, 1.0, 1.0]]), headers=bearer(key))))
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(ask, keys[0])
        time.sleep(0.4)
        both = [pool.submit(ask, key) for key in keys]
        assert first.result() == [1.0, 1.0, 1.0]
        assert [one.result() for one in both] == [[2.0, 0.0, 1.0], [2.0, 0.0, 0.0]]
    assert server.stop() == 0


@pytest.mark.parametrize("order", [("all", "some"), ("some", "all"), ("all", "more")])
def test_what_is_called_for_several_callers_calls_for_all_of_them(repository, start_server, home, order):
    """Two hops: the first is one call for the batch, what it calls makes the second."""
    echo(repository, "secret")
    caller(repository, "middle", 'y = value_of(call("secret", x).exec())')
    python_model(repository, "outer", model_of(CALL + """
class TritonPythonModel:
    def execute(self, requests):
        if len(requests) == 1:
            time.sleep(1)
        answer = call("middle", np.ones(1, np.float32)).exec()
        said = not answer.has_error()
        assert said or "Request for unknown model: 'secret' is not found" in answer.error().message()
        return [pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", np.array([[len(requests), said]], np.float32))])
                for r in requests]
"""), batch=8, extra="dynamic_batching { }")
    reach = {"all": [], "more": ["outer", "middle", "secret"], "some": ["outer", "middle"]}
    keys = {name: make_key(home, name, "--scopes=infer", *["--model=" + model for model in models])
            for name, models in reach.items()}
    server = start_server(f"--model-repository={repository}", INTERPRETER, anonymous=False,
                          env={"BUCKLER_HOME": str(home)})

    def ask(name):
        status, answer, _ = server.post("/v2/models/outer/infer", body([[1.0, 1.0]]), headers=bearer(keys[name]))
        return output((status, json.loads(answer)))
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(ask, "more")  # Whose turn is over then: the others are in the batch as they came.
        time.sleep(0.4)
        both = []
        for name in order:
            both.append(pool.submit(ask, name))
            time.sleep(0.1)
        assert first.result() == [1.0, 1.0]
        assert [one.result() for one in both] == [[2.0, float("some" not in order)]] * 2
    assert server.stop() == 0


def test_nothing_is_called_outside_of_requests(repository, serve):
    echo(repository)
    python_model(repository, "outer", model_of(CALL + """
class TritonPythonModel:
    def initialize(self, args):
        self.said = []
        try:
            call("echo", np.ones(1, np.float32)).exec()
        except pb_utils.TritonModelException as error:
            self.said.append(str(error))
        threading.Thread(target=self.later, daemon=True).start()

    def later(self):
        time.sleep(1.5)
        self.said.append(call("echo", np.ones(1, np.float32)).exec().error().message())

    def execute(self, requests):
        said = np.array(self.said, dtype=object)
        return [pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", said)]) for r in requests]
"""), dtype="TYPE_STRING")
    server = serve()
    time.sleep(2.5)
    first, second = output(infer(server, "outer", ["x"], datatype="BYTES"))
    assert first == "BLS is only supported during the 'execute' function."
    assert "while it answers no request" in second
    assert server.stop() == 0


def test_a_request_of_somebody_else_cannot_be_named(repository, serve):
    echo(repository)
    caller(repository, "outer", """
trace = r.trace()
trace._request += 100
answer = call("echo", x, trace=trace).exec()
assert "while it answers no request" in answer.error().message(), answer.error().message()
""")
    server = serve()
    output(infer(server, "outer", [1.0]))
    assert server.stop() == 0


def test_too_many_calls_at_once_are_refused(repository, serve):
    identity_model(repository, "slow", "TYPE_FP32", dims="-1",
                   extra='parameters [{ key: "execute_delay_ms" value: { string_value: "300" } }]')
    caller(repository, "outer", """
import asyncio
async def everything():
    return await asyncio.gather(*[call("slow", x).async_exec() for _ in range(5)])
answers = asyncio.run(everything())
refused = [a.error().message() for a in answers if a.has_error()]
assert len(refused) == 2 and all("at most 3 are allowed" in text for text in refused), refused
""")
    server = serve("--backend-config=python,max-calls=3")
    output(infer(server, "outer", [1.0]))
    assert server.stop() == 0


def test_a_limit_of_the_operator_holds_for_calls_too(repository, serve):
    echo(repository)
    caller(repository, "outer", """
seen = [call("echo", np.ones(n, np.float32)).exec() for n in (10, 11)]
assert not seen[0].has_error() and "at most 10 are allowed" in seen[1].error().message()
""")
    server = serve("--model-limit=echo,max-tensor-elements=10")
    output(infer(server, "outer", [1.0]))
    assert server.stop() == 0


CONTROL = """
def attempt(do):
    try:
        return do() or "done"
    except pb_utils.TritonModelException as error:
        return str(error)
"""


def control(repository):
    echo(repository)
    python_model(repository, "outer", model_of(CALL + CONTROL + """
class TritonPythonModel:
    def initialize(self, args):
        self.first = attempt(lambda: pb_utils.load_model("echo"))

    def execute(self, requests):
        said = [self.first, attempt(lambda: str(pb_utils.is_model_ready("echo"))),
                attempt(lambda: str(pb_utils.is_model_ready("echo", "7"))),
                attempt(lambda: str(pb_utils.is_model_ready("nobody"))),
                attempt(lambda: pb_utils.unload_model(model_name="echo")),
                attempt(lambda: pb_utils.load_model("nobody")),
                attempt(lambda: pb_utils.load_model("echo", config=json.dumps({
                    "backend": "identity", "max_batch_size": 4,
                    "input": [{"name": "INPUT0", "data_type": "TYPE_INT8", "dims": [1]}],
                    "output": [{"name": "OUTPUT0", "data_type": "TYPE_INT8", "dims": [1]}]})))]
        said.append(str(call("echo", np.ones((2, 1), np.int8)).exec().has_error()))
        said.append(attempt(lambda: pb_utils.load_model("made", config=json.dumps({
            "backend": "identity", "input": [{"name": "I", "data_type": "TYPE_INT8", "dims": [1]}],
            "output": [{"name": "O", "data_type": "TYPE_INT8", "dims": [1]}]}), files={"file:1/data": b"abc"})))
        return [pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", np.array(said, dtype=object))]) for r in requests]
"""), dtype="TYPE_STRING")


def test_models_are_loaded_and_unloaded_by_those_with_the_right(repository, serve):
    control(repository)
    server = serve("--model-control-mode=explicit", "--load-model=outer", "--model-control-for=outer",
                   "--model-load-thread-count=1")
    said = output(infer(server, "outer", ["x"], datatype="BYTES"))
    assert said[:5] == ["done", "True", "False", "False", "done"], said
    assert "failed to load 'nobody'" in said[5] and said[6:] == ["done", "False", "done"], said
    assert is_ready(server, "echo") and is_ready(server, "made")
    assert server.stop() == 0


@pytest.mark.parametrize("arguments", [(), ("--model-control-for=echo",)])
def test_models_are_not_loaded_by_others(repository, serve, arguments):
    control(repository)
    server = serve("--model-control-mode=explicit", "--load-model=outer", "--load-model=echo", *arguments)
    said = output(infer(server, "outer", ["x"], datatype="BYTES"))
    refusal = "model 'outer' may not load or unload models: --model-control-for=outer allows it"
    assert said[0] == said[4] == said[5] == said[6] == said[8] == refusal, said
    assert said[1:4] == ["True", "False", "False"] and is_ready(server, "echo")
    assert server.stop() == 0


def test_many_callers_each_get_their_own_answer(repository, serve):
    echo(repository, batch=0)
    caller(repository, "outer", 'y = value_of(call("echo", x).exec())', extra="instance_group [{ count: 3 }]")
    server = serve()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda i: output(infer(server, "outer", [float(i)])), range(400)))
    assert answers == [[float(i)] for i in range(400)]
    assert server.stop() == 0

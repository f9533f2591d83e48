# SPDX-License-Identifier: Apache-2.0
"""Senders of responses, from any thread; async models; cancellation."""

import numpy as np
import pytest
from worker_double import (CANCEL, DONE, FAILED, INPUTS_KEPT, INPUTS_RELEASED, LAST, LEASE_RETURNED, LEASE_WANTED,
                           ONLY_THE_END, RESPOND, request)
from worker_models import DECOUPLED, HEADER, fp32, serve, values  # noqa: F401

FINAL = "flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL"

SENDING = HEADER + """
import threading
def answer(number):
    return pb_utils.InferenceResponse([pb_utils.Tensor("OUT", np.array([number], np.float32))])
"""


def gather(server, *numbers):
    """The responses of requests until each has had its last."""
    found, left = {number: [] for number in numbers}, set(numbers)
    while left:
        for response in server.next_responses():
            found[response.number].append(response)
            if response.flags & LAST:
                left.remove(response.number)
    return found


def test_responses_come_from_a_thread_after_execute_is_over_and_inputs_are_released(serve):
    server = serve(SENDING + f"""
def stream(sender, array):
    for value in array:
        sender.send(answer(value))
    sender.send({FINAL})
class TritonPythonModel:
    def execute(self, requests):
        for r in requests:
            threading.Timer(0.1, stream, (r.get_response_sender(), r.inputs()[0].as_numpy())).start()
""", config=DECOUPLED)
    number = server.execute(request(7, [fp32(1, 2, 3)]), request(8, [fp32(4)]))
    assert server.receive().kind == INPUTS_KEPT and server.receive(DONE).subject == number
    found = gather(server, 7, 8)
    assert [values(r.outputs[0]).tolist() for r in found[7][:-1]] == [[1], [2], [3]]
    assert [r.flags for r in found[7]] == [0, 0, 0, LAST | ONLY_THE_END]
    assert [values(r.outputs[0]).tolist() for r in found[8][:-1]] == [[4]]
    assert server.receive(INPUTS_RELEASED).subject == number


def test_responses_of_many_threads_do_not_mix(serve):
    server = serve(SENDING + f"""
def stream(sender, first):
    for value in range(first, first + 200):
        sender.send(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", np.full(value % 40 * 100, value, np.float32))]))
    sender.send(answer(-1), {FINAL})
class TritonPythonModel:
    def execute(self, requests):
        for r in requests:
            for _ in range(1):
                threading.Thread(target=stream, args=(r.get_response_sender(), int(r.request_id()))).start()
""", config=DECOUPLED)
    server.execute(*[request(i, id=str(i * 1000)) for i in range(4)], lease=20_000)
    found = gather(server, 0, 1, 2, 3)
    for i, responses in found.items():
        assert len(responses) == 201 and [r.flags for r in responses] == [0] * 200 + [LAST]
        for step, response in enumerate(responses[:-1]):
            expected = np.full((i * 1000 + step) % 40 * 100, i * 1000 + step, np.float32)
            assert np.array_equal(values(response.outputs[0]), expected)
    assert len(server.leases) <= 1


def test_small_answers_share_a_lease(serve):
    server = serve(SENDING + f"""
def stream(sender):
    for value in range(500):
        sender.send(answer(value))
    sender.send({FINAL})
class TritonPythonModel:
    def execute(self, requests):
        threading.Timer(0.2, stream, (requests[0].get_response_sender(),)).start()
""", config=DECOUPLED)
    assert server.run(request(1)) == ([], None)
    got = server.receive(LEASE_WANTED, RESPOND)
    assert got.kind == LEASE_WANTED
    server.grant(got.subject, 65_536)
    for value in range(500):
        [response] = server.next_responses()
        assert values(response.outputs[0]).tolist() == [value]
    assert not [m for m in server.inbox if m.kind in (LEASE_WANTED, LEASE_RETURNED)] and len(server.leases) == 1


def test_large_answers_have_leases_of_their_own_that_are_returned(serve):
    server = serve(SENDING + f"""
class TritonPythonModel:
    def execute(self, requests):
        sender = requests[0].get_response_sender()
        for value in range(3):
            sender.send(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", np.full(50000, value, np.float32))]))
        try:
            sender.send(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", np.zeros(1 << 20, np.float32))]))
        except pb_utils.TritonModelException as error:
            pb_utils.Logger.log_error(str(error))
        sender.send({FINAL})
""", config=DECOUPLED)
    found, failure = server.run(request(1), lease=64)
    assert failure is None and [r.flags for r in found] == [0, 0, 0, LAST | ONLY_THE_END]
    for value, response in enumerate(found[:-1]):
        assert np.array_equal(values(response.outputs[0]), np.full(50000, value, np.float32))
    assert not server.leases and "too large" in server.logs[0][1]


@pytest.mark.parametrize("decoupled,calls,text", [
    (True, "sender.send()", "Inference Response object must be provided when the response flags is set to zero."),
    (True, "sender.send(answer(1), flags=2)", "Unable to send response. Unsupported flag provided."),
    (True, f"sender.send({FINAL}); sender.send(answer(1))",
     "Unable to send response. Response sender has been closed."),
    (True, f"sender.send(answer(1), {FINAL}); sender.send({FINAL})",
     "Unable to send response. Response sender has been closed."),
    (False, "sender.send(answer(1)); sender.send(answer(1))",
     "Unable to send response. Non-decoupled model cannot send more than one response."),
    (False, f"sender.send({FINAL})",
     "Unable to send response. Non-decoupled model cannot send complete final before sending a response."),
    (False, f"sender.send(answer(1), {FINAL}); return [answer(2)]",
     "Unable to send response. Non-decoupled model cannot send more than one response."),
])
def test_senders_refuse_in_tritons_words(serve, decoupled, calls, text):
    server = serve(SENDING + f"""
class TritonPythonModel:
    def execute(self, requests):
        sender = requests[0].get_response_sender()
        assert sender is requests[0].get_response_sender()
        {calls}
""", config=DECOUPLED if decoupled else {})
    _, failure = server.run(request(1))
    assert f"TritonModelException: {text}\n" in failure + "\n"


def test_after_a_batch_has_failed_its_senders_are_closed(serve):
    server = serve(SENDING + """
class TritonPythonModel:
    def execute(self, requests):
        if requests[0].request_id() == "check":
            try:
                self.sender.send(answer(1))
            except pb_utils.TritonModelException as error:
                raise ValueError(f"closed: {error}")
        self.sender = requests[0].get_response_sender()
        self.sender.send(answer(1))
        raise ValueError("first")
""", config=DECOUPLED)
    found, failure = server.run(request(1))
    assert len(found) == 1 and "first" in failure
    assert "closed: Unable to send response. Response sender has been closed." in server.run(request(2, id="check"))[1]


@pytest.mark.parametrize("config,result", [(DECOUPLED, "None"), ({}, "[None, None]"), ({}, "None")])
def test_a_request_that_nobody_can_answer_any_more_fails(serve, config, result):
    server = serve(SENDING + f"""
class TritonPythonModel:
    def execute(self, requests):
        self.held = requests[1]
        return {result}
    def is_ready(self):
        self.held = None
        return True
""", config=config)
    found, failure = server.run(request(1), request(2))
    assert failure is None and [(r.number, r.flags) for r in found] == [(1, LAST | FAILED)]
    assert "without a final response" in found[0].text
    server.send(15, 1)
    assert [(r.number, r.flags) for r in server.next_responses()] == [(2, LAST | FAILED)]


def test_a_decoupled_model_returns_nothing(serve):
    server = serve(SENDING + """
class TritonPythonModel:
    def execute(self, requests):
        return [answer(1)]
""", config=DECOUPLED)
    assert server.run(request(1))[1].endswith("Python model 'm_0_0' is using the decoupled mode and the execute "
                                              "function must return None.")


def test_a_model_that_is_not_decoupled_may_answer_later(serve):
    server = serve(SENDING + f"""
class TritonPythonModel:
    def execute(self, requests):
        sender = requests[1].get_response_sender()
        threading.Timer(0.1, lambda: sender.send(answer(2), {FINAL})).start()
        return [answer(1), None]
""")
    found, failure = server.run(request(1), request(2))
    assert failure is None and [r.number for r in found] == [1]
    [later] = server.next_responses()
    assert (later.number, later.flags) == (2, LAST) and values(later.outputs[0]).tolist() == [2]


def test_async_execute_is_awaited(serve):
    server = serve(SENDING + """
import asyncio
class TritonPythonModel:
    async def one(self, r):
        await asyncio.sleep(0.1)
        return answer(r.inputs()[0].as_numpy()[0] + 1)
    async def execute(self, requests):
        return list(await asyncio.gather(*[self.one(r) for r in requests]))
""")
    found, failure = server.run(request(1, [fp32(1)]), request(2, [fp32(2)]))
    assert failure is None and [values(r.outputs[0]).tolist() for r in found] == [[2], [3]]


def test_async_decoupled_execute_runs_on_beside_the_next_batch(serve):
    server = serve(SENDING + f"""
import asyncio
class TritonPythonModel:
    async def execute(self, requests):
        for r in requests:
            value = r.inputs()[0].as_numpy()[0]
            if value == 1:
                await asyncio.sleep(0.3)
            if value == 3:
                raise ValueError("lost")
            r.get_response_sender().send(answer(value), {FINAL})
""", config=DECOUPLED)
    server.execute(request(1, [fp32(1)]), offset=0)
    server.execute(request(2, [fp32(2)]), offset=4096, lease_at=4096)
    order = [response.number for _ in (1, 2) for response in server.next_responses()]
    assert order == [2, 1]
    server.execute(request(3, [fp32(3)]))
    [lost] = server.next_responses()
    assert (lost.number, lost.flags) == (3, LAST | FAILED)
    for _ in range(3):
        server.receive(DONE)
    assert any("ValueError: lost" in line for level, line in server.logs if level == 3)


def test_cancellation_is_seen_by_requests_and_senders(serve):
    server = serve(SENDING + f"""
import time
class TritonPythonModel:
    def execute(self, requests):
        sender = requests[0].get_response_sender()
        sender.send(answer(0))
        while not requests[0].is_cancelled():
            time.sleep(0.01)
        assert sender.is_cancelled() and not requests[1].is_cancelled()
        sender.send(pb_utils.InferenceResponse(error=pb_utils.TritonError("gone", pb_utils.TritonError.CANCELLED)),
                    {FINAL})
        requests[1].get_response_sender().send({FINAL})
""", config=DECOUPLED)
    number = server.execute(request(1), request(2))
    [first] = server.next_responses()
    server.send(CANCEL, first.number)
    found, failure = server.collect(number)
    assert failure is None and [(r.number, r.flags, r.code) for r in found] == [
        (1, LAST | FAILED, 7), (2, LAST | ONLY_THE_END, 0)]


def test_lines_are_cut_and_come_from_any_thread(serve):
    server = serve(HEADER + """
import threading
class TritonPythonModel:
    def execute(self, requests):
        def work(n):
            for i in range(100):
                pb_utils.Logger.log_warn(f"{n} {i}")
        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        [t.start() for t in threads], [t.join() for t in threads]
        pb_utils.Logger.log_error("\\u20ac" * 5000)
        return [pb_utils.InferenceResponse() for _ in requests]
""")
    assert server.run(request(1))[1] is None
    assert sorted(server.logs[:-1]) == sorted((2, f"{n} {i}") for n in range(4) for i in range(100))
    assert server.logs[-1] == (3, "\u20ac" * 1365)

# SPDX-License-Identifier: Apache-2.0
"""What takes long to read or to write is no reason to keep others waiting, even with a single event loop."""
import gzip
import http.client
import json
import threading
import time

import pytest
from conftest import identity_model

ELEMENTS = 800_000


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    repository = tmp_path_factory.mktemp("long")
    identity_model(repository, "identity_float32", "TYPE_FP32")
    return repository


@pytest.fixture
def server(start_server, repository):
    return start_server(f"--model-repository={repository}", "--http-thread-count=1")


def request(binary_output):
    text = json.dumps({
        "inputs": [{"name": "INPUT0", "datatype": "FP32", "shape": [1, ELEMENTS], "data": [1.5] * ELEMENTS}],
        "outputs": [{"name": "OUTPUT0", "parameters": {"binary_data": binary_output}}],
    })
    return text.encode()


def slowest_answer_meanwhile(server, work):
    """Asks for something short all the time while `work` goes on: how long that took, and the slowest answer, in s."""
    done = threading.Thread(target=work)
    began = time.monotonic()
    done.start()
    slowest, asked = 0, 0
    while done.is_alive():
        start = time.monotonic()
        assert server.get("/v2/health/live")[0] == 200
        slowest, asked = max(slowest, time.monotonic() - start), asked + 1
        time.sleep(0.001)
    return time.monotonic() - began, slowest, asked


@pytest.mark.parametrize("case", ["json in", "gzip in", "json out", "gzip out"])
def test_others_are_served_meanwhile(server, case):
    path = "/v2/models/identity_float32/infer"
    body, headers = request(binary_output=case.endswith("in")), {}
    if case == "gzip in":
        body, headers = gzip.compress(body), {"Content-Encoding": "gzip"}
    if case == "gzip out":
        headers = {"Accept-Encoding": "gzip"}
    answers = []

    def work():
        for _ in range(3):
            answers.append(server.post(path, body, headers=headers))

    took, slowest, asked = slowest_answer_meanwhile(server, work)
    assert [answer[0] for answer in answers] == [200] * 3
    # Three in a row, each of which is read, run and written: an event loop that did one of these itself would be away
    # for a good part of a third.
    assert slowest < max(0.25, took / 12), (took, slowest, asked)


def test_a_client_that_leaves_meanwhile_gives_back_what_it_took(server):
    body = gzip.compress(request(binary_output=False))
    for _ in range(6):
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        client.request("POST", "/v2/models/identity_float32/infer", body, {"Content-Encoding": "gzip"})
        time.sleep(0.05)
        client.close()
    assert server.stop() == 0


def test_one_that_waits_for_its_turn_ends_at_its_deadline(start_server, repository):
    server = start_server(f"--model-repository={repository}", "--request-deadline-secs=2")
    body = gzip.compress(request(binary_output=True))
    answers = []

    def work():
        began = time.monotonic()
        answers.append((server.post("/v2/models/identity_float32/infer", body, headers={"Content-Encoding": "gzip"})[0],
                        time.monotonic() - began))

    threads = [threading.Thread(target=work) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for status, _ in answers} <= {200, 504}
    assert all(took < 6 for _, took in answers), answers
    assert server.stop() == 0

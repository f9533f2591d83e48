# SPDX-License-Identifier: Apache-2.0
"""Decoupled models inside a live server: accounting, unloading and cancellation, seen over HTTP."""
import http.client
import json
import threading
import time

import pytest
from conftest import eventually, repeat_model


@pytest.fixture
def server(tmp_path, start_server):
    repository = tmp_path / "models"
    repeat_model(repository, "repeat_int32")
    repeat_model(repository, "repeat_once", decoupled=False)
    return start_server(
        f"--model-repository={repository}", "--model-control-mode=explicit", "--load-model=repeat_int32",
        "--load-model=repeat_once",
    )


def stream(server, body, model="repeat_int32"):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("POST", f"/v2/models/{model}/generate_stream", json.dumps(body))
    return connection, connection.getresponse()


def events(text):
    assert text.endswith("\n\n") or not text
    return [json.loads(part.removeprefix("data: ")) for part in text.split("\n\n") if part]


def statistics(server, model="repeat_int32"):
    status, body, _ = server.get(f"/v2/models/{model}/stats")
    assert status == 200
    return json.loads(body)["model_stats"][0]


@pytest.mark.parametrize("values", [[], [5], [4, 2, 0, -1]])
def test_each_element_is_a_response(server, values):
    connection, response = stream(server, {"IN": values, "DELAY": [1] * len(values), "WAIT": 0})
    assert response.status == 200
    got = events(response.read().decode())
    assert [(event["OUT"], event["IDX"]) for event in got] == [(value, i) for i, value in enumerate(values)]
    connection.close()


def test_responses_come_when_they_are_made(server):
    connection, response = stream(server, {"IN": [1, 2], "DELAY": [0, 400], "WAIT": 0})
    began = time.monotonic()
    first = response.readline()
    assert b'"OUT":1' in first
    assert time.monotonic() - began < 0.3
    assert b'"OUT":2' in response.read()
    assert time.monotonic() - began >= 0.3
    connection.close()


def test_requests_of_one_instance_overlap(server):
    began = time.monotonic()
    # The head comes with the first response.
    streams = [stream(server, {"IN": [i, i], "DELAY": [0, 500], "WAIT": 0}) for i in range(8)]
    for i, (connection, response) in enumerate(streams):
        assert [event["OUT"] for event in events(response.read().decode())] == [i, i]
        connection.close()
    assert time.monotonic() - began < 2


def test_infer_is_not_for_decoupled_models(server):
    status, body, _ = server.post("/v2/models/repeat_int32/infer", b"{}")
    assert status == 501
    assert json.loads(body)["error"] == "HTTP end point doesn't support models with decoupled transaction policy"


def test_a_model_that_is_not_decoupled_answers_once(server):
    body = {
        "inputs": [
            {"name": "IN", "datatype": "INT32", "shape": [1], "data": [7]},
            {"name": "DELAY", "datatype": "UINT32", "shape": [1], "data": [1]},
            {"name": "WAIT", "datatype": "UINT32", "shape": [1], "data": [0]},
        ]
    }
    status, answer, _ = server.post("/v2/models/repeat_once/infer", json.dumps(body).encode())
    assert status == 200
    assert {output["name"]: output["data"] for output in json.loads(answer)["outputs"]} == {"OUT": [7], "IDX": [0]}
    status, answer, _ = server.post(
        "/v2/models/repeat_once/generate", json.dumps({"IN": [1, 2], "DELAY": [0, 0], "WAIT": 0}).encode()
    )
    assert status == 400
    assert "is not decoupled and gives one response, IN has 2 elements" in json.loads(answer)["error"]


def test_statistics_count_requests_and_responses(server):
    for _ in range(3):
        connection, response = stream(server, {"IN": [1, 2], "DELAY": [0, 0], "WAIT": 0})
        response.read()
        connection.close()
    assert eventually(lambda: statistics(server)["inference_count"] == 3)
    got = statistics(server)
    assert got["execution_count"] == 3
    assert got["inference_stats"]["success"]["count"] == 3
    responses = got["response_stats"]
    assert responses["0"]["success"]["count"] == 3 and responses["1"]["success"]["count"] == 3
    assert responses["2"]["empty_response"]["count"] == 3


def test_a_client_that_leaves_cancels(server):
    connection, response = stream(server, {"IN": [1, 2], "DELAY": [0, 60_000], "WAIT": 0})
    assert b'"OUT":1' in response.readline()
    response.close()
    connection.close()
    assert eventually(lambda: statistics(server)["inference_stats"]["fail"]["count"] == 1)
    assert eventually(lambda: 'reason="CANCELED"' in server.get("/metrics", port=server.metrics_port)[1].decode())


def test_unloading_waits_for_the_last_response(server):
    connection, response = stream(server, {"IN": [1, 2], "DELAY": [0, 1500], "WAIT": 0})
    assert b'"OUT":1' in response.readline()
    assert server.post("/v2/repository/models/repeat_int32/unload")[0] == 200

    def state():
        index = json.loads(server.post("/v2/repository/index")[1])
        return next(entry["state"] for entry in index if entry["name"] == "repeat_int32")

    assert state() == "UNLOADING"
    assert b'"OUT":2' in response.read()
    connection.close()
    assert eventually(lambda: state() == "UNAVAILABLE")


def test_many_streams_at_once(server):
    failures = []

    def run(index):
        try:
            connection, response = stream(server, {"IN": [index] * 500, "DELAY": [0] * 500, "WAIT": 0})
            got = events(response.read().decode())
            assert [event["IDX"] for event in got] == list(range(500))
            assert {event["OUT"] for event in got} == {index}
            connection.close()
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures

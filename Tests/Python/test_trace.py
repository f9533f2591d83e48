# SPDX-License-Identifier: Apache-2.0
"""Trace settings over HTTP, and the files that traces are written to."""
import json

import numpy as np
import pytest
import tritonclient.http as http
from tritonclient.utils import InferenceServerException

TIMESTAMPS = [
    "HTTP_RECV_START", "HTTP_RECV_END", "REQUEST_START", "QUEUE_START", "COMPUTE_START", "COMPUTE_INPUT_END",
    "COMPUTE_OUTPUT_START", "COMPUTE_END", "INFER_RESPONSE_COMPLETE", "REQUEST_END", "HTTP_SEND_START",
    "HTTP_SEND_END",
]


def infer(client, request_id="", model="identity_float32"):
    tensor = http.InferInput("INPUT0", [1, 2], "FP32")
    tensor.set_data_from_numpy(np.array([[1.5, -2]], dtype=np.float32))
    return client.infer(model, [tensor], request_id=request_id)


def traces(path):
    """The traces of a file by their ids, each a list of objects."""
    found = {}
    for entry in json.loads(path.read_text()):
        found.setdefault(entry["id"], []).append(entry)
    return found


@pytest.fixture
def traced(repository, start_server, tmp_path):
    def start(*arguments):
        file = tmp_path / "trace.json"
        return start_server(
            f"--model-repository={repository}", f"--trace-config=triton,file={file}", *arguments
        ), file

    return start


def test_requests_are_traced_from_the_socket_to_the_socket(traced):
    server, file = traced("--trace-config=level=TIMESTAMPS", "--trace-config=rate=1")
    with http.InferenceServerClient(server.url) as client:
        infer(client, "first")
        infer(client)
    assert server.stop() == 0
    found = traces(file)
    assert len(found) == 2
    for number, trace in found.items():
        assert trace[0]["model_name"] == "identity_float32" and trace[0]["model_version"] == 1
        assert trace[0].get("request_id") == ("first" if number == min(found) else None)
        stamps = {entry["timestamps"][0]["name"]: entry["timestamps"][0]["ns"] for entry in trace[1:]}
        assert sorted(stamps) == sorted(TIMESTAMPS)
        assert all(stamps[a] <= stamps[b] for a, b in zip(TIMESTAMPS[:-4], TIMESTAMPS[1:-4]))
        assert stamps["COMPUTE_END"] <= stamps["REQUEST_END"] <= stamps["HTTP_SEND_START"] <= stamps["HTTP_SEND_END"]


def test_tensors_are_traced(traced):
    server, file = traced("--trace-config=level=TENSORS", "--trace-config=rate=1")
    with http.InferenceServerClient(server.url) as client:
        infer(client)
    assert server.stop() == 0
    (trace,) = traces(file).values()
    assert [entry["activity"] for entry in trace[1:]] == [
        "TENSOR_QUEUE_INPUT", "TENSOR_BACKEND_INPUT", "TENSOR_BACKEND_OUTPUT",
    ]
    assert trace[1]["tensor"] == {"name": "INPUT0", "data": "1.5,-2.0", "shape": "1,2", "dtype": "FP32"}
    assert trace[3]["tensor"]["name"] == "OUTPUT0"


def test_settings_change_what_is_traced_at_once(traced):
    server, file = traced()
    with http.InferenceServerClient(server.url) as client:
        assert client.get_trace_settings() == {
            "trace_level": ["OFF"], "trace_rate": "1000", "trace_count": "-1", "log_frequency": "0",
            "trace_file": "trace.json", "trace_mode": "triton",
        }
        infer(client)
        changed = client.update_trace_settings(
            model_name="identity_float32",
            settings={"trace_level": ["TIMESTAMPS"], "trace_rate": "2", "log_frequency": "1"},
        )
        assert changed["trace_rate"] == "2" and changed["trace_level"] == ["TIMESTAMPS"]
        assert client.get_trace_settings("identity_float32") == changed
        assert client.get_trace_settings("identity_int32")["trace_level"] == ["OFF"]
        for _ in range(4):
            infer(client)
        client.update_trace_settings(
            model_name="identity_float32", settings={"trace_level": None, "trace_rate": None, "log_frequency": None}
        )
        assert client.get_trace_settings("identity_float32") == client.get_trace_settings()
        infer(client)
    assert server.stop() == 0
    assert sorted(path.name for path in file.parent.glob("trace.json*")) == ["trace.json.0", "trace.json.1"]


def test_the_count_ends_it(traced):
    server, file = traced("--trace-config=level=TIMESTAMPS", "--trace-config=rate=1", "--trace-config=count=2")
    with http.InferenceServerClient(server.url) as client:
        for _ in range(5):
            infer(client)
        assert client.get_trace_settings()["trace_count"] == "0"
    assert server.stop() == 0
    assert len(traces(file.with_name("trace.json.0"))) == 2
    assert not file.exists()


@pytest.mark.parametrize("settings, text", [
    ({"trace_file": "/tmp/x"}, "trace file location can not be updated through network protocol"),
    ({"trace_level": ["OFF", "TENSORS"]}, "Expect only one trace level 'OFF' is specified"),
    ({"trace_rate": "x"}, "Unable to parse 'trace_rate', got: x"),
    ({"trace_count": "-2"}, "Unable to parse 'trace_count'. Expecting value >= -1, got:-2"),
    ({"trace_level": ["TIMESTAMPS"], "trace_rate": "0"}, "sample rate must be non-zero"),
])
def test_wrong_settings_are_refused(traced, settings, text):
    server, _ = traced()
    with http.InferenceServerClient(server.url) as client:
        before = client.get_trace_settings()
        with pytest.raises(InferenceServerException) as error:
            client.update_trace_settings(settings=settings)
        assert text in error.value.message()
        assert client.get_trace_settings() == before


def test_a_model_must_exist_and_a_file_must_be_given(server):
    with http.InferenceServerClient(server.url) as client:
        with pytest.raises(InferenceServerException, match="Request for unknown model"):
            client.get_trace_settings("nonesuch")
        with pytest.raises(InferenceServerException, match="trace file name is not given"):
            client.update_trace_settings(settings={"trace_level": ["TIMESTAMPS"]})


def test_the_profile_lets_settings_be_read_only(repository, start_server):
    server = start_server(f"--model-repository={repository}", "--profile=triton")
    assert server.get("/v2/trace/setting")[0] == 200
    assert server.post("/v2/trace/setting", b'{"trace_rate":"1"}')[0] == 403
    assert server.post("/v2/models/identity_float32/trace/setting", b'{"trace_rate":"1"}')[0] == 403


def test_another_exporter_is_refused_at_start(repository, start_server):
    server = start_server(f"--model-repository={repository}", "--trace-config=mode=opentelemetry", ready=False)
    assert server.process.wait(10) == 1
    assert "mode=opentelemetry is refused" in server.log.read_text()

# SPDX-License-Identifier: Apache-2.0
"""generate and generate_stream, header forwarding and restricted APIs, against a live server."""
import json
import socket
import subprocess
import time

import pytest
from conftest import BUCKLER, identity_model, repeat_model
from test_decoupled import events


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    repository = tmp_path_factory.mktemp("generate")
    repeat_model(repository, "repeat_int32")
    identity_model(repository, "text", "TYPE_STRING", dims="1")
    identity_model(repository, "batched", "TYPE_FP32", dims="-1", batch=8)
    identity_model(repository, "half", "TYPE_FP16", dims="-1")
    return repository


@pytest.fixture(scope="module")
def server(models, tmp_path_factory):
    from conftest import Server

    server = Server(f"--model-repository={models}", log=tmp_path_factory.mktemp("log") / "server.log").wait_ready()
    yield server
    assert server.stop() == 0, server.log.read_text()


def generate(server, model, body, streams=False, **options):
    path = f"/v2/models/{model}/generate" + ("_stream" if streams else "")
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return server.post(path, data, **options)


def test_one_object(server):
    status, body, headers = generate(server, "text", {"id": "7", "INPUT0": "héllo", "stream": False, "temperature": 0.5})
    assert status == 200 and headers["Content-Type"] == "application/json"
    assert json.loads(body) == {"id": "7", "model_name": "text", "model_version": "1", "OUTPUT0": "héllo"}


def test_version_in_the_path(server):
    status, body, _ = server.post("/v2/models/text/versions/1/generate", b'{"INPUT0":"x"}')
    assert status == 200 and json.loads(body)["OUTPUT0"] == "x"
    assert server.post("/v2/models/text/versions/2/generate", b"{}")[0] == 404


def test_arrays_stay_arrays(server):
    status, body, _ = generate(server, "batched", {"INPUT0": [1, 2.5, 3]})
    assert status == 200 and json.loads(body)["OUTPUT0"] == [1.0, 2.5, 3.0]


def test_nested_parameters(server):
    status, body, _ = generate(server, "text", {"parameters": {"INPUT0": "inner", "top_k": 3, "sequence_id": 5}})
    assert status == 200 and json.loads(body)["OUTPUT0"] == "inner"


@pytest.mark.parametrize(
    "model, body, status, text",
    [
        ("text", {"INPUT0": ["a", "b"]}, 400, "The schema can not convert input 'INPUT0' to tensor with proper shape"),
        ("text", {"INPUT0": 5}, 400, "non-string as string"),
        ("text", {"INPUT0": "a", "x": {}}, 400, "parameter 'x' has invalid type"),
        ("text", {"parameters": 5}, 400, "Expected JSON object for keyword: 'parameters'"),
        ("text", {}, 400, "expected 1 inputs but got 0 inputs for model 'text'"),
        ("text", b"{", 400, "failed to parse the request JSON buffer"),
        ("half", {"INPUT0": [1]}, 400, "receiving FP16 data via JSON is not supported"),
        ("none", {}, 404, "Request for unknown model: 'none' is not found"),
    ],
)
@pytest.mark.parametrize("streams", [False, True])
def test_errors_before_inference_are_plain(server, model, body, status, text, streams):
    got, answer, headers = generate(server, model, body, streams=streams)
    assert got == status and headers["Content-Type"] == "application/json"
    assert text in json.loads(answer)["error"]


def test_other_encodings_are_refused(server):
    status, body, _ = generate(server, "text", b"x", headers={"Content-Encoding": "gzip"})
    assert status == 400
    assert json.loads(body)["error"] == "Unsupported content-encoding, only 'identity' is supported. Got 'gzip'."


def test_get_is_not_allowed(server):
    assert server.get("/v2/models/text/generate")[0] == 405


@pytest.mark.parametrize("count", [0, 2])
def test_generate_wants_one_response(server, count):
    status, body, _ = generate(server, "repeat_int32", {"IN": [1] * count, "DELAY": [0] * count, "WAIT": 0})
    assert status == 200
    assert json.loads(body)["error"] == (
        "generate expects model to produce exactly 1 response, use generate stream for model that generates various "
        "number of responses"
    )


def test_a_stream_of_an_ordinary_model(server):
    status, body, headers = generate(server, "text", {"INPUT0": "a\nb"}, streams=True)
    assert status == 200 and headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert events(body.decode()) == [{"model_name": "text", "model_version": "1", "OUTPUT0": "a\nb"}]


def test_a_connection_is_kept(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        body = json.dumps({"IN": [1, 2, 3], "DELAY": [0, 5, 0], "WAIT": 0})
        request = (
            f"POST /v2/models/repeat_int32/generate_stream HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n{body}"
            "GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
        )
        connection.sendall(request.encode())
        received = b""
        while received.count(b"HTTP/1.1 200") < 2:
            part = connection.recv(65536)
            assert part
            received += part
        first, second = received.split(b"HTTP/1.1 200")[1:]
        assert first.count(b"data: ") == 3 and first.endswith(b"0\r\n\r\n")


def test_a_slow_reader_is_cut_short(models, start_server):
    server = start_server(f"--model-repository={models}", "--max-response-backlog-byte-size=1048576")
    count = 300_000
    body = json.dumps({"IN": [1] * count, "DELAY": [0] * count, "WAIT": 0}).encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.sendall(
            b"POST /v2/models/repeat_int32/generate_stream HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body)
            + body
        )
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            stats = json.loads(server.get("/v2/models/repeat_int32/stats")[1])["model_stats"][0]
            if stats["inference_stats"]["fail"]["count"]:
                break
            time.sleep(0.05)
        assert stats["inference_stats"]["fail"]["count"] == 1
        received = b""
        while not received.endswith(b"0\r\n\r\n"):
            part = connection.recv(1 << 20)
            assert part
            received += part
        assert b"the client does not read the responses as fast as the model makes them" in received


def test_headers_become_parameters_or_are_refused(models, start_server):
    server = start_server(f"--model-repository={models}", "--http-header-forward-pattern=^(x-|sequence)")
    assert generate(server, "text", {"INPUT0": "a"}, headers={"X-Tenant": "t"})[0] == 200
    # urllib writes the name with capitals, which makes it no other name.
    status, body, _ = generate(server, "text", {"INPUT0": "a"}, headers={"sequence_id": "1"})
    assert status == 400
    assert b"Header 'Sequence_Id' is reserved for Triton usage and cannot be forwarded." in body
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(
            b"POST /v2/models/text/infer HTTP/1.1\r\nHost: localhost\r\nsequence_id: 1\r\nContent-Length: 2\r\n\r\n{}"
        )
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"Header 'sequence_id' is reserved for Triton usage and cannot be forwarded." in answer


def test_restricted_apis(models, start_server):
    server = start_server(
        f"--model-repository={models}", "--http-restricted-api=inference,model-config:admin-key=s3=cret",
        "--http-restricted-api=statistics:other=v",
    )
    key = {"Admin-Key": "s3=cret"}
    for path in ["/v2/models/text/infer", "/v2/models/text/generate", "/v2/models/text/generate_stream"]:
        status, body, _ = server.post(path, b'{"INPUT0":"a"}')
        assert status == 403
        assert json.loads(body)["error"] == "This API is restricted, expecting header 'admin-key'"
        assert server.post(path, b'{"INPUT0":"a"}', headers={"Admin-Key": "s3=creT"})[0] == 403
    assert server.post("/v2/models/text/generate", b'{"INPUT0":"a"}', headers=key)[0] == 200
    assert server.get("/v2/models/text/config")[0] == 403
    assert server.get("/v2/models/text/config", headers=key)[0] == 200
    assert server.get("/v2/models/text/stats", headers=key)[0] == 403
    assert server.get("/v2/models/text")[0] == 200
    assert server.get("/metrics", port=server.metrics_port)[0] == 200


@pytest.mark.parametrize(
    "flag, text",
    [
        ("--http-header-forward-pattern=x-(?=a)", "is refused at character 3: look-around"),
        ("--grpc-header-forward-pattern=(a)\\1", "is refused at character 4: a back-reference"),
        ("--http-restricted-api=healthy:a=b", "unknown restricted api 'healthy'"),
        ("--grpc-restricted-protocol=health,health:a=b", "can not be specified in multiple config groups"),
    ],
)
def test_what_cannot_be_is_refused_at_start(models, flag, text):
    result = subprocess.run(
        [BUCKLER, "serve", f"--model-repository={models}", flag], capture_output=True, text=True, timeout=20
    )
    assert result.returncode == 1
    assert text in result.stderr and flag.split("=")[0] in result.stderr

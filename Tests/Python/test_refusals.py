# SPDX-License-Identifier: Apache-2.0
"""What never gets as far as the gate has its line in the audit log all the same, and no flood of it fills the disk."""
import json
import socket
import ssl
import time

import grpc
import pytest
from access import bearer, exchange, ledger_files, ledger_lines, make_key
from authority import Authority
from http2 import HTTP2

INFER = "/inference.GRPCInferenceService/"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    authority = Authority(tmp_path_factory.mktemp("authority") / "own")
    authority.sign("server", "/CN=localhost", "DNS:localhost", "IP:127.0.0.1")
    authority.sign("worker", "/CN=w", "DNS:worker")
    authority.sign("expired", "/CN=w", "DNS:worker", dates=("20200101000000Z", "20210101000000Z"))
    authority.sign("future", "/CN=w", "DNS:worker", dates=("20980101000000Z", "20990101000000Z"))
    stranger = Authority(authority.directory.parent / "other").sign("worker", "/CN=w", "DNS:worker")
    for suffix in ("pem", "key"):
        (stranger.directory / f"worker.{suffix}").rename(authority.directory / f"stranger.{suffix}")
    return authority


@pytest.fixture
def start_tls(serve, authority):
    def start_tls(*arguments):
        certificate, key = authority.files("server")
        server = serve(f"--tls-cert={certificate}", f"--tls-key={key}", *arguments, ready=False)
        deadline = time.monotonic() + 20
        while "Started GRPC" not in server.log.read_text() or "Metrics Service at" not in server.log.read_text():
            assert time.monotonic() < deadline and server.process.poll() is None, server.log.read_text()
            time.sleep(0.05)
        return server

    return start_tls


def denied(home, count, seconds=5):
    """The refusals of the ledger, as soon as there are so many."""
    deadline = time.monotonic() + seconds
    while len(lines := [line for line in ledger_lines(home / "log") if line["kind"] == "deny"]) < count:
        assert time.monotonic() < deadline, lines
        time.sleep(0.05)
    return lines


HEAD = "GET /v2?api_key=CANARY HTTP/1.1\r\nHost: localhost\r\n"


@pytest.mark.parametrize("text, status, route, reason", [
    (f"{HEAD}A: {'x' * 9000}\r\n\r\n", 431, "-", "8192 bytes for one"),
    (HEAD + f"A: {'x' * 8000}\r\n" * 9 + "\r\n", 431, "-", "headers exceed a limit"),
    (HEAD + "".join(f"A{n}: x\r\n" for n in range(120)) + "\r\n", 431, "-", "100 headers"),
    ("GET /v2 HTTP/1.1\r\nHost: rebound.example\r\n\r\n", 421, "/v2", "Host header"),
    ("GET http://user:CANARY@rebound.example/v2 HTTP/1.1\r\nHost: localhost\r\n\r\n", 421, "/v2", "Host header"),
    (HEAD + "X-Request-Id: " + "x" * 257 + "\r\n\r\n", 400, "/v2", "X-Request-Id must be"),
    (HEAD + "X-Request-Id: a\tb\r\n\r\n", 400, "/v2", "X-Request-Id must be"),
    (HEAD + "Connection: upgrade\r\nUpgrade: h2c\r\n\r\n", 400, "/v2", "switch protocols"),
    ("CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n", 400, "-", "switch protocols"),
    ("GET /v2 HTTP/1.1\r\n\r\n", 400, "/v2", "needs one Host"),
    ("GET /v2 HTTP/1.1\r\nHost: a\r\nHost: localhost\r\n\r\n", 400, "/v2", "needs one Host"),
    (HEAD + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501, "/v2", "Transfer-Encoding"),
    (HEAD + "Expect: everything\r\n\r\n", 417, "/v2", "Expect"),
    ("GET /v2 HTTP/1.1\nHost localhost\n\n", 400, "-", "not valid HTTP/1.1"),
    ("\x16\x03\x01 nonsense\r\n\r\n", 400, "-", "not valid HTTP/1.1"),
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "-", "HTTP/2 without TLS"),
    (f"GET /{'a' * 400} HTTP/1.1\r\nHost: b\r\n\r\n", 421, None, "Host header"),
    (HEAD + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, "-", "not valid HTTP/1.1"),
], ids=["long header", "long headers", "many headers", "host", "url", "long id", "odd id", "upgrade", "connect", "no host",
        "two hosts", "coding", "expect", "no head", "tls", "http2", "long path", "lengths"])
@pytest.mark.parametrize("listener", ["http", "metrics"])
def test_each_head_that_is_refused_has_a_line(serve, home, listener, text, status, route, reason):
    server = serve()
    answer = exchange(server.port if listener == "http" else server.metrics_port, text.encode("latin-1"))
    assert answer.startswith(f"HTTP/1.1 {status} ".encode()), answer
    line = denied(home, 1)[0]
    assert (line["status"], line["principal"], line["address"]) == (status, "anonymous", "127.0.0.1")
    assert line["protocol"] == listener and reason in line["reason"]
    assert line["route"] == route if route else len(line["route"]) < 300
    server.stop()
    assert len(denied(home, 1)) == 1
    assert not any(b"CANARY" in file.read_bytes() for file in ledger_files(home / "log"))


def test_a_head_that_does_not_come_has_a_line(serve, home):
    server = serve("--header-timeout-secs=1")
    with socket.create_connection(("127.0.0.1", server.port)) as slow:
        slow.sendall(b"GET /v2 HT")
        assert slow.recv(100).startswith(b"HTTP/1.1 408 ")
    assert denied(home, 1)[0]["status"] == 408


def test_a_request_that_breaks_off_has_one_line_and_no_more(serve, home):
    key = make_key(home, "ci")
    server = serve()
    exchange(server.port, f"POST /v2/models/alpha/infer HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\n"
             "Transfer-Encoding: chunked\r\n\r\nnonsense\r\n")
    server.stop()
    assert [(line["principal"], line["status"]) for line in ledger_lines(home / "log")] == [("ci", 400)]


def test_a_flood_of_refusals_is_summed_up(serve, home):
    server = serve()
    for _ in range(300):
        exchange(server.port, "GET /v2 HTTP/1.1\r\n\r\n")
    server.stop()
    assert len(denied(home, 1)) < 60
    lines = [json.loads(line) for file in ledger_files(home / "log") for line in file.read_text().splitlines()]
    suppressed = [line for line in lines if line["kind"] == "suppressed"]
    assert sum(line["count"] for line in suppressed) + len(denied(home, 1)) == 300


@pytest.mark.parametrize("extra, status, reason", [
    ([("x-bad", "x" * 9000)], 8, "--max-header-byte-size"),
    ([(f"x{n}", "y") for n in range(120)], 8, "--max-header-count"),
    ([("grpc-timeout", "soon")], 13, "grpc-timeout"),
    ([("grpc-encoding", "zstd")], 12, "grpc-encoding"),
])
def test_each_call_that_is_refused_has_a_line(serve, home, authority, start_tls, extra, status, reason):
    server = start_tls()
    with HTTP2(server.grpc_port, authority.directory / "ca.pem") as client:
        stream = client.open("POST", INFER + "ModelInfer", {"content-type": "application/grpc", **dict(extra)})
        answer = client.answer(stream)
    assert answer.headers["grpc-status"] == str(status) and reason in answer.headers["grpc-message"]
    line = denied(home, 1)[0]
    assert (line["status"], line["protocol"], line["route"]) == (status, "grpc", INFER + "ModelInfer")
    assert reason in line["reason"]


def test_what_is_not_grpc_has_a_line(home, authority, start_tls):
    server = start_tls("--allowed-host=localhost")
    head = {"content-type": "application/grpc"}
    with HTTP2(server.grpc_port, authority.directory / "ca.pem") as client:
        assert client.request("GET", "/x").status == 405
        assert client.request("POST", "/x", {"content-type": "text/plain"}).status == 415
        assert client.request("POST", "/x", head, authority="rebound.example").headers["grpc-status"] == "7"
    assert [line["status"] for line in denied(home, 3)] == [405, 415, 7]


@pytest.mark.parametrize("listener", ["port", "grpc_port", "metrics_port"])
def test_heads_that_http2_does_not_allow_have_a_line(home, authority, start_tls, listener):
    server = start_tls()
    with HTTP2(getattr(server, listener), authority.directory / "ca.pem", validate=False) as client:
        stream = client.h2.get_next_available_stream_id()
        client.h2.send_headers(stream, [(":method", "GET"), (":scheme", "https"), (":path", "/v2"), ("UPPER", "x")],
                               end_stream=True)
        client.flush()
        client.answer(stream)
    line = denied(home, 1)[0]
    assert line["reason"].startswith("HTTP/2: ") and line["route"] == "-"
    assert line["protocol"] == {"port": "http", "grpc_port": "grpc", "metrics_port": "metrics"}[listener]


def handshake(port, authority, name):
    context = ssl.create_default_context(cafile=authority.directory / "ca.pem")
    context.set_alpn_protocols(["h2", "http/1.1"])
    if name:
        context.load_cert_chain(*authority.files(name))
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as connection:
            # With TLS 1.3 the client has done its part before the server looks at the certificate.
            connection.sendall(b"GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert connection.recv(1)


@pytest.mark.parametrize("name", [None, "expired", "future", "stranger"])
def test_certificates_that_do_not_verify_have_a_line(home, authority, start_tls, name):
    server = start_tls(f"--tls-client-roots={authority.directory}/ca.pem", "--tls-client-rule=dns:worker name=worker")
    listeners = [("http", server.port, 401), ("metrics", server.metrics_port, 401), ("grpc", server.grpc_port, 16)]
    for number, (protocol, port, status) in enumerate(listeners):
        with pytest.raises(OSError):
            handshake(port, authority, name)
        line = denied(home, number + 1)[number]
        assert (line["protocol"], line["status"], line["route"]) == (protocol, status, "-")
        assert "CERTIFICATE" in line["reason"] and line["address"] == "127.0.0.1"


def test_who_looks_only_whether_the_port_is_open_has_no_line(home, start_tls):
    server = start_tls()
    for port in (server.port, server.grpc_port, server.metrics_port):
        for text in (b"", b"\x16\x03\x01"):
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(text)
    time.sleep(0.5)
    assert not [line for line in ledger_lines(home / "log") if line["kind"] == "deny"]


@pytest.mark.parametrize("transport", ["http", "grpc"])
def test_credentials_that_contradict_each_other_are_refused(serve, home, transport):
    one, other = make_key(home, "one"), make_key(home, "other")
    server = serve()
    oversized = "x" * 9000
    rows = [
        ([("authorization", f"Bearer {one}"), ("x-api-key", other)], "several credentials"),
        ([("authorization", f"Bearer {one}"), ("authorization", f"Bearer {other}")], "several credentials"),
        ([("x-api-key", one), ("x-api-key", other)], "several credentials"),
        ([("x-api-key", one), ("authorization", "Basic eDp5")], "unsupported credential"),
        ([("x-api-key", one), ("authorization", "Bearer bkl_x")], "several credentials"),
        ([("authorization", "Bearer " + "k" * 4000)], "key: malformed"),
        ([("authorization", "Bearer " + oversized)], "oversized credential"),
        ([("x-api-key", oversized), ("authorization", f"Bearer {one}")], "oversized credential"),
    ]
    good = [[("authorization", f"Bearer {one}"), ("x-api-key", one)], [("x-api-key", one), ("x-api-key", one)]]

    def ask(headers):
        if transport == "http":
            text = "".join(f"{name}: {value}\r\n" for name, value in headers)
            return exchange(server.port, f"GET /v2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{text}\r\n")[:12]
        with grpc.insecure_channel(server.grpc_url, options=[("grpc.max_metadata_size", 1 << 20)]) as channel:
            try:
                channel.unary_unary(INFER + "ServerMetadata")(b"", metadata=headers, timeout=10)
                return "OK"
            except grpc.RpcError as error:
                assert "valid" in error.details() or error.code().name == "RESOURCE_EXHAUSTED", error.details()
                return error.code().name

    for headers in good:
        assert ask(headers) in ("OK", b"HTTP/1.1 200")
    for number, (headers, reason) in enumerate(rows):
        is_header_limit = transport == "http" and reason == "oversized credential"
        expected = {"http": b"HTTP/1.1 431" if is_header_limit else b"HTTP/1.1 401", "grpc": "UNAUTHENTICATED"}
        assert ask(headers) == expected[transport], headers
        line = denied(home, number + 1)[number]
        assert ("headers exceed" if is_header_limit else reason) in line["reason"], line
        assert line["protocol"] == transport
    text = b"".join(file.read_bytes() for file in ledger_files(home / "log"))
    assert one.encode() not in text and b"kkkk" not in text

# SPDX-License-Identifier: Apache-2.0
"""What must not happen to a connection, told in bytes."""
import socket

import pytest
from test_mutations import footprint


@pytest.mark.parametrize("head", [
    b"CONNECT a:1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n",
    b"POST /v2/models/digits/infer HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: x\r\nContent-Length: 4\r\n\r\n",
], ids=["connect", "h2c", "infer"])
def test_no_tunnel_is_opened(server, head):
    """Behind one, the parser would keep every byte that follows, beyond all limits."""
    before = footprint(server.process.pid)["rss_kib"]
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(head)
        answer = b""
        while chunk := connection.recv(4096):
            answer += chunk
        assert answer.startswith(b"HTTP/1.1 400 ") and b"does not switch protocols" in answer
        with pytest.raises(OSError):
            for _ in range(100):
                connection.sendall(b"x" * (1 << 20))
    assert footprint(server.process.pid)["rss_kib"] < before + 32_768


@pytest.mark.parametrize("text, status, words", [
    (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", b"400", b"chunk"),
    (b"Content-Length: 10\r\n\r\n{", b"408", b"the request's body did not arrive in time"),
], ids=["chunk", "late"])
@pytest.mark.parametrize("path", ["/v2/repository/index", "/v2/trace/setting"])
def test_a_body_that_a_control_route_waits_for_in_vain_is_answered(start_server, repository, path, text, status, words):
    server = start_server(f"--model-repository={repository}", "--body-timeout-secs=1")
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\n".encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head + text)
        answer = b""
        while chunk := connection.recv(4096):
            answer += chunk
    assert answer.startswith(b"HTTP/1.1 " + status + b" ") and answer.count(b"HTTP/1.1 4") == 1, answer
    assert words in answer or status == b"400", answer


def test_a_length_that_no_number_holds_is_too_large_at_once(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(b"POST /v2/models/digits/infer HTTP/1.1\r\nHost: localhost\r\n"
                           b"Content-Length: 9223372036854775808\r\n\r\n")
        assert b" 400 " in connection.recv(4096).split(b"\r\n")[0] + b" "


def test_an_expect_without_a_value_asks_for_nothing(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(b"GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\nExpect:\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")

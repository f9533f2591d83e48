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

# SPDX-License-Identifier: Apache-2.0
"""A hundred thousand requests that are wrong in some way, and a server that does not notice for long."""
import gzip
import json
import os
import random
import socket
import struct
import threading
import time
import zlib

import pytest
from conftest import identity_model

COUNT = int(os.environ.get("BUCKLER_MUTATIONS", "100000"))
THREADS = 4

VALUES = struct.pack("<4f", 1, 2, 3, 4)


def json_request(data=True):
    tensor = {"name": "INPUT0", "shape": [1, 4], "datatype": "FP32"}
    if data:
        tensor["data"] = [1, 2.5, -3e2, 4]
    else:
        tensor["parameters"] = {"binary_data_size": len(VALUES)}
    return {"id": "x", "inputs": [tensor], "outputs": [{"name": "OUTPUT0", "parameters": {"binary_data": True}}]}


def head(path, headers, method="POST"):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *(f"{k}: {v}" for k, v in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def chunked(body, rng):
    parts = []
    while body:
        size = rng.randint(1, max(1, len(body)))
        parts.append(f"{size:x}\r\n".encode() + body[:size] + b"\r\n")
        body = body[size:]
    return b"".join(parts) + b"0\r\n\r\n"


def good(rng):
    """A valid request, in one of the shapes that clients send."""
    kind = rng.randrange(5)
    path = "/v2/models/batched/infer"
    if kind == 0:
        body = json.dumps(json_request()).encode()
        return head(path, {"Content-Length": len(body)}) + body
    header = json.dumps(json_request(data=False)).encode()
    body, headers = header + VALUES, {"Inference-Header-Content-Length": len(header)}
    if kind == 1:
        return head(path, {**headers, "Content-Length": len(body)}) + body
    if kind == 2:
        return head(path, {**headers, "Transfer-Encoding": "chunked"}) + chunked(body, rng)
    if kind == 3:
        packed = gzip.compress(body) if rng.random() < 0.5 else zlib.compress(body)
        encoding = "gzip" if packed[:2] == b"\x1f\x8b" else "deflate"
        return head(path, {**headers, "Content-Encoding": encoding, "Content-Length": len(packed)}) + packed
    route = rng.choice(["/v2", "/v2/health/ready", "/v2/models/batched/config", "/v2/models/stats", "/v2/repository/index"])
    return head(route, {"Content-Length": 0}, "POST" if route.endswith("index") else "GET")


def flip(request, rng):
    data = bytearray(request)
    for _ in range(rng.randint(1, 4)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


def lie_about_length(request, rng):
    return request.replace(b"Content-Length: ", b"Content-Length: " + rng.choice([b"1", b"-", b"9999999999999999999", b"0x"]), 1)


def twist_json(_, rng):
    request = json_request()
    tensor = request["inputs"][0]
    rng.choice([
        lambda: tensor.update(shape=rng.choice([[-1], [2**62, 2**62], [0], [], "x", [1.5], [1] * 500, None])),
        lambda: tensor.update(datatype=rng.choice(["FP99", "", 5, "BYTES", "BOOL", "UINT8"])),
        lambda: tensor.update(data=rng.choice([[], [[[]]], ["a"], [1e999], [None], {"a": 1}, [1] * 5, "text"])),
        lambda: tensor.update(parameters=rng.choice([{"binary_data_size": -1}, {"binary_data_size": 2**63}, [], "x"])),
        lambda: request.update(parameters={"triton_x": 1, "sequence_id": rng.choice([-1, "x" * 999, {}, 2**70])}),
        lambda: request.update(outputs=rng.choice([[{}], [{"name": 4}], {"name": "x"}, [{"name": "OUTPUT0"}] * 50])),
        lambda: request.pop("inputs"),
        lambda: request.update(inputs=[tensor] * rng.choice([2, 300])),
    ])()
    body = json.dumps(request).encode()
    if rng.random() < 0.2:
        body = b'{"inputs":' + b"[" * rng.choice([63, 65, 5000]) + body
    return head("/v2/models/batched/infer", {"Content-Length": len(body)}) + body


def bomb(_, rng):
    body = zlib.compress(b"\0" * (rng.choice([11, 40]) << 20), 9)
    return head("/v2/models/batched/infer", {"Content-Encoding": "deflate", "Content-Length": len(body)}) + body


def bad_header(_, rng):
    name, value = rng.choice([
        ("Inference-Header-Content-Length", rng.choice(["-1", "99999", "abc", "2147483648", "1,2", ""])),
        ("Content-Encoding", rng.choice(["br", "gzip, gzip", "identity;q=0", "\xff"])),
        ("Transfer-Encoding", rng.choice(["chunked, chunked", "gzip", "chunked\tx"])),
        ("X-Request-Id", "r" * rng.choice([1, 200, 20_000])),
        ("Expect", rng.choice(["100-continue", "200-ok"])),
        ("X" * rng.choice([10, 9000]), "1"),
    ])
    body = json.dumps(json_request()).encode()
    return head("/v2/models/batched/infer", {name: value, "Content-Length": len(body)}) + body


def bad_chunks(_, rng):
    chunk = rng.choice([b"zz\r\nx\r\n", b"ffffffffffffffff\r\n", b"-1\r\n", b"1\r\nxx\r\n", b"5;" + b"e" * 9000 + b"\r\nhello\r\n"])
    return head("/v2/models/batched/infer", {"Transfer-Encoding": "chunked"}) + chunk + b"0\r\n\r\n"


def bad_path(_, rng):
    path = rng.choice(["/v2/models//infer", "/v2/models/a/versions/x/infer", "/v2/models/" + "m" * 5000 + "/infer",
                       "/v2/models/%2e%2e/infer", "//v2/models/batched/infer", "/v2/models/batched/infer/", "*", "/"])
    return head(path, {"Content-Length": 0}, rng.choice(["POST", "GET", "HEAD", "PUT", "BREW"]))


def truncate(request, rng):
    return request[: rng.randrange(1, len(request))]


MUTATIONS = [flip] * 6 + [lie_about_length, bad_header, bad_chunks, bad_path, truncate] + [twist_json] * 4


def footprint(pid):
    status = dict(
        line.split(":", 1) for line in open(f"/proc/{pid}/status").read().splitlines() if ":" in line
    )
    return {
        "rss_kib": int(status["VmRSS"].split()[0]),
        "threads": int(status["Threads"]),
        "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
    }


def attack(port, count, seed, failures):
    """Keeps a connection open as long as the server does, so that a mutation meets what the one before left behind."""
    rng = random.Random(seed)
    connection = None
    sent = 0
    try:
        while sent < count:
            if connection is None:
                connection = socket.create_connection(("127.0.0.1", port), timeout=5)
                connection.settimeout(0.5)
            mutate = bomb if rng.random() < 0.0005 else rng.choice(MUTATIONS)
            request = mutate(good(rng), rng)
            sent += 1
            try:
                connection.sendall(request)
                # Waiting for an answer to something cut short would only wait for the server's timers.
                if rng.random() < 0.7 and mutate not in (truncate, lie_about_length, flip, bad_chunks):
                    alive = connection.recv(65536)
                else:
                    alive = b""
                if not alive:
                    connection.close()
                    connection = None
            except (TimeoutError, ConnectionError):
                connection.close()
                connection = None
    except OSError as error:
        failures.append(error)


def ask_properly(port):
    body = json.dumps(json_request()).encode()
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(head("/v2/models/batched/infer", {"Content-Length": len(body)}) + body)
        answer = connection.recv(65536)
    return answer.startswith(b"HTTP/1.1 200") and answer.endswith(struct.pack("<4f", 1, 2.5, -300, 4))


def run(port, count, seed):
    failures = []
    threads = [
        threading.Thread(target=attack, args=(port, count // THREADS, seed + index, failures)) for index in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures


@pytest.fixture
def server(start_server, tmp_path):
    repository = tmp_path / "models"
    repository.mkdir()
    identity_model(repository, "batched", "TYPE_FP32", dims="-1", batch=8)
    return start_server(f"--model-repository={repository}", "--header-timeout-secs=2", "--body-timeout-secs=2", "--max-connections-per-address=1200")


def test_mutated_requests_leave_nothing_behind(server):
    assert ask_properly(server.port)
    run(server.port, COUNT // 10, seed=1)
    before = footprint(server.process.pid)
    run(server.port, COUNT - COUNT // 10, seed=100)
    assert ask_properly(server.port)
    assert server.process.poll() is None
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        after = footprint(server.process.pid)
        if after["descriptors"] <= before["descriptors"] + 4:
            break
        time.sleep(0.5)
    assert after["descriptors"] <= before["descriptors"] + 4, (before, after)
    assert after["threads"] <= before["threads"] + 2, (before, after)
    assert after["rss_kib"] <= before["rss_kib"] * 1.25 + 16_384, (before, after)


def test_a_thousand_large_promises_take_no_memory(server):
    before = footprint(server.process.pid)
    connections = []
    try:
        for _ in range(1000):
            connection = socket.create_connection(("127.0.0.1", server.port), timeout=5)
            connection.sendall(head("/v2/models/batched/infer", {"Content-Length": 10 << 20}) + b"{")
            connections.append(connection)
        time.sleep(1)
        assert footprint(server.process.pid)["rss_kib"] <= before["rss_kib"] + 65_536
    finally:
        for connection in connections:
            connection.close()
    time.sleep(0.5)
    assert ask_properly(server.port)

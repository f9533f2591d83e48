# SPDX-License-Identifier: Apache-2.0
"""Requests as bytes: what wrk repeats, what comparators are sent, and what Buckler answers."""
import array
import json
import socket


def binary_body(document):
    """The same request with its one FP32 input as bytes: the body, and the length of its JSON part."""
    (tensor,) = document["inputs"]
    data = array.array("f", tensor["data"]).tobytes()
    described = {**{key: tensor[key] for key in ("name", "shape", "datatype")},
                 "parameters": {"binary_data_size": len(data)}}
    head = {"inputs": [described], "parameters": {"binary_data_output": True}}
    text = json.dumps(head, separators=(",", ":")).encode()
    return text + data, len(text)


def bentoml_body(document):
    (tensor,) = document["inputs"]
    data = tensor["data"]
    # The service takes an array whose first dimension is the batch.
    shape = tensor["shape"]
    for size in reversed(shape[1:]):
        data = [data[start:start + size] for start in range(0, len(data), size)]
    return json.dumps({"inputs": data}, separators=(",", ":")).encode()


def record_response(port, path, headers, body):
    """The bytes of a server's answer, head included."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {len(body)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(head.encode() + body)
        answer = b""
        while not is_whole(answer):
            part = connection.recv(1 << 16)
            if not part:
                raise RuntimeError(f"the server on port {port} closed the connection within its answer")
            answer += part
    if not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"the server on port {port} answered {answer[:300]!r}")
    return answer


def is_whole(answer):
    head, separator, body = answer.partition(b"\r\n\r\n")
    if not separator:
        return False
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(body) >= int(line.split(b":")[1])
    raise RuntimeError("an answer without Content-Length")


def wrk_script(path, body_file, headers):
    """A Lua script for wrk that repeats one request."""
    lines = [
        "-- Written by the benchmark: repeats one request and counts what is not 200.",
        f"local file = assert(io.open({json.dumps(str(body_file))}, 'rb'))",
        "wrk.method = 'POST'",
        f"wrk.path = {json.dumps(path)}",
        "wrk.body = file:read('*a')",
        "file:close()",
    ]
    lines += [f"wrk.headers[{json.dumps(name)}] = {json.dumps(str(value))}" for name, value in headers.items()]
    return "\n".join(lines) + "\n"

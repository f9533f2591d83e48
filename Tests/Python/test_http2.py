# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 on the HTTP and metrics ports, as clients that others wrote speak it, and as none should."""
import json
import signal
import ssl
import subprocess
import time
import urllib.request

import h2.errors
import h2.settings
import numpy as np
import pytest
from access import bearer, ledger_lines, make_key
from conftest import BUCKLER, identity_model, repeat_model
from http2 import HTTP2

VALUES = np.arange(6, dtype=np.float32).reshape(2, 3)
JSON_BODY = json.dumps({"inputs": [
    {"name": "INPUT0", "shape": [2, 3], "datatype": "FP32", "data": VALUES.flatten().tolist()}]}).encode()
INFER = "/v2/models/identity_float32/infer"


def binary_body(values=VALUES):
    header = json.dumps({"inputs": [{"name": "INPUT0", "shape": list(values.shape), "datatype": "FP32", "parameters": {
        "binary_data_size": values.nbytes}}], "parameters": {"binary_data_output": True}}).encode()
    return header + values.tobytes(), {"inference-header-content-length": str(len(header))}


class Secured:
    """A server that asks for keys, and one that may do everything."""

    def __init__(self, server, roots, home, key):
        self.server, self.roots, self.home, self.key = server, roots, home, key

    def connect(self, port=None, **options):
        return HTTP2(port or self.server.port, self.roots, **options)

    def http1(self, path, body=None, headers=None):
        context = ssl.create_default_context(cafile=self.roots)
        request = urllib.request.Request(f"https://localhost:{self.server.port}{path}", data=body,
                                         headers=headers or {})
        with urllib.request.urlopen(request, timeout=10, context=context) as response:
            return response.read()

    def curl(self, *arguments):
        done = subprocess.run(["curl", "-sS", "--cacert", self.roots, "--max-time", "20", *map(str, arguments)],
                              capture_output=True, check=True)
        return done.stdout

    def url(self, path, port=None):
        return f"https://localhost:{port or self.server.port}{path}"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    directory = tmp_path_factory.mktemp("http2") / "certs"
    subprocess.run([BUCKLER, "certs", "dev", "--directory", directory], check=True, capture_output=True)
    return directory


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    repository = tmp_path_factory.mktemp("http2-models")
    identity_model(repository, "identity_float32", "TYPE_FP32")
    identity_model(repository, "sleeper", "TYPE_FP32",
                   extra='parameters [ { key: "execute_delay_ms" value: { string_value: "1000" } } ]')
    repeat_model(repository)
    return repository


@pytest.fixture
def start(start_server, models, certificates, tmp_path):
    def start(*flags):
        home = tmp_path / "home"
        home.mkdir(mode=0o700)
        key = make_key(home, "ci", "--scopes=infer,metadata,metrics,statistics")
        server = start_server(f"--model-repository={models}", f"--tls-cert={certificates}/server.pem",
                              f"--tls-key={certificates}/server.key", *flags, anonymous=False, ready=False,
                              env={"BUCKLER_HOME": str(home)})
        secured = Secured(server, str(certificates / "ca.pem"), home, key)
        deadline = time.monotonic() + 30
        while True:
            try:
                secured.http1("/v2/health/ready")
                return secured
            except OSError:
                assert time.monotonic() < deadline and server.process.poll() is None, server.log.read_text()
                time.sleep(0.05)

    return start


@pytest.fixture
def secured(start):
    return start()


def test_curl(secured):
    version = ["-o", "/dev/null", "-w", "%{http_version} %{http_code}"]
    for path, expected in [("/v2/health/live", "2 200"), ("/v2", "2 401"), ("/v2/models/none", "2 401")]:
        assert secured.curl(*version, secured.url(path)) == expected.encode()
    key = ["-H", f"Authorization: Bearer {secured.key}"]
    for path, expected in [("/v2", "2 200"), ("/v2/models/none", "2 404"), ("/none", "2 404")]:
        assert secured.curl(*version, *key, secured.url(path)) == expected.encode()
    assert b"nv_inference" in secured.curl(*key, secured.url("/metrics", secured.server.metrics_port))
    answer = json.loads(secured.curl(*key, "--data-binary", JSON_BODY.decode(), secured.url(INFER)))
    assert answer["outputs"][0]["data"] == VALUES.flatten().tolist()


def test_infer(secured):
    with secured.connect() as connection:
        body, headers = binary_body()
        for payload, more in [(JSON_BODY, {}), (JSON_BODY, {"content-length": str(len(JSON_BODY))}), (body, headers)]:
            answer = connection.request("POST", INFER, {**bearer(secured.key), **more}, payload)
            assert answer.status == 200, answer.body
            if length := int(answer.headers.get("inference-header-content-length", 0)):
                got = np.frombuffer(answer.body[length:], np.float32)
            else:
                got = np.float32(json.loads(answer.body)["outputs"][0]["data"])
            assert np.array_equal(got, VALUES.flatten())
            assert "connection" not in answer.headers and "transfer-encoding" not in answer.headers
        large = np.random.default_rng(1).random((1000, 1000), dtype=np.float32)
        body, headers = binary_body(large)
        answer = connection.request("POST", INFER, {**bearer(secured.key), **headers}, body)
        length = int(answer.headers["inference-header-content-length"])
        assert np.array_equal(np.frombuffer(answer.body[length:], np.float32), large.flatten())


def test_a_stream_of_events(secured):
    body = json.dumps({"IN": [1, 2, 3], "DELAY": [0, 0, 0], "WAIT": 0}).encode()
    path = "/v2/models/repeat/generate_stream"
    with secured.connect() as connection:
        answer = connection.request("POST", path, bearer(secured.key), body)
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.body == secured.http1(path, body, bearer(secured.key))


def test_the_ledger_has_the_same_lines(secured):
    refused = [("/v2", None), ("/v2/models/none", bearer(secured.key)), ("/v2", bearer("wrong"))]
    with secured.connect() as connection:
        for path, headers in refused:
            connection.request("GET", path, headers)
        # Without a length, as in chunks over HTTP/1, more is charged than came.
        length = {"content-length": str(len(JSON_BODY))}
        assert connection.request("POST", INFER, {**bearer(secured.key), **length}, JSON_BODY).status == 200
    for path, headers in refused:
        with pytest.raises(OSError):
            secured.http1(path, headers=headers)
    secured.http1(INFER, JSON_BODY, bearer(secured.key))
    time.sleep(0.3)
    lines = [{name: line.get(name) for name in ("kind", "principal", "key", "address", "route", "protocol", "model",
                                                "version", "in", "out", "status", "reason")}
             for line in ledger_lines(secured.home / f"ledger/{secured.server.port}")]
    assert len(lines) == 8 and lines[:4] == lines[4:], lines


def test_limits_end_requests_and_not_connections(secured):
    with secured.connect(validate=False) as connection:
        key = bearer(secured.key)
        for headers, body, status in [
            ({"content-length": str(11 << 20)}, b"x", 400), ({}, b" " * (10 << 20) + b"x", 413),
            ({"x-long": "a" * 8200}, b"x", 431), ({f"x-{i}": "a" for i in range(110)}, b"x", 431),
            ({"host": "elsewhere.example"}, b"x", 400), ({"x-request-id": "a" * 300}, b"x", 400),
        ]:
            answer = connection.request("POST", INFER, {**key, **headers}, body, end="content-length" not in headers)
            assert answer.status == status and answer.reset in (None, 0), (headers, answer.body, answer.reset)
            assert connection.request("GET", "/v2/health/live").status == 200
        assert connection.request("GET", "/v2/health/live", authority="rebound.example").status == 421


def test_many_requests_at_once(secured):
    with secured.connect() as connection:
        # A hundred is what a client may count on until it has heard what the server allows; here are more.
        assert connection.request("GET", "/v2/health/live").status == 200
        streams = [connection.open("POST", INFER, bearer(secured.key), JSON_BODY) for _ in range(100)]
        slow = connection.open("POST", "/v2/models/sleeper/infer", bearer(secured.key), JSON_BODY)
        for stream in streams:
            assert connection.answer(stream).status == 200
        assert not connection.answers[slow].ended
        assert connection.answer(slow).status == 200


def test_one_stream_too_many_is_its_connections_end(start):
    secured = start("--http2-max-concurrent-streams=4")
    with secured.connect() as connection, secured.connect() as other:
        assert connection.request("GET", "/v2/health/live").status == 200
        # What the server allows, unheard.
        connection.h2.remote_settings._settings[h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS][0] = 1000
        for _ in range(5):
            connection.open("POST", INFER, bearer(secured.key), b"{", end=False)
        while connection.read():
            pass
        assert other.request("GET", "/v2/health/live").status == 200


def test_a_flood_of_resets_ends_its_connection_only(secured):
    with secured.connect() as flood, secured.connect() as other:
        assert flood.request("GET", "/v2/health/live").status == 200
        try:
            for _ in range(1100):
                stream = flood.open("POST", INFER, bearer(secured.key), b"{", end=False)
                flood.h2.reset_stream(stream, h2.errors.ErrorCodes.CANCEL)
                flood.flush()
            while flood.read():
                pass
        except OSError:
            flood.closed = True
        assert flood.closed or flood.goaway == h2.errors.ErrorCodes.ENHANCE_YOUR_CALM
        assert other.request("POST", INFER, bearer(secured.key), JSON_BODY).status == 200
        with secured.connect() as fresh:
            for _ in range(900):
                stream = fresh.open("POST", INFER, bearer(secured.key), b"{", end=False)
                fresh.h2.reset_stream(stream, h2.errors.ErrorCodes.CANCEL)
                fresh.flush()
            assert fresh.request("GET", "/v2/health/live").status == 200


def test_requests_in_flight_are_answered_before_the_end(secured):
    slow = subprocess.Popen(
        ["curl", "-sS", "--cacert", secured.roots, "-H", f"Authorization: Bearer {secured.key}", "--data-binary",
         JSON_BODY.decode(), "-w", "%{http_version} %{http_code}", secured.url("/v2/models/sleeper/infer")],
        stdout=subprocess.PIPE)
    time.sleep(0.5)
    secured.server.process.send_signal(signal.SIGTERM)
    assert slow.communicate(timeout=10)[0].endswith(b"2 200")
    assert secured.server.process.wait(10) == 0


def test_it_can_be_turned_off(start):
    secured = start("--http2=false")
    assert secured.curl("--http2", "-o", "/dev/null", "-w", "%{http_version}", secured.url("/v2/health/live")) == b"1.1"

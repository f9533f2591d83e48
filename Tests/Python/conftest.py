# SPDX-License-Identifier: Apache-2.0
"""One real server per test session, driven over loopback by clients that were not written here."""
import os
import random
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUCKLER = os.environ.get("BUCKLER") or str(ROOT / ".build/debug/buckler")

# What engines and sandbox do with a model that the auditor would have refused.
ADMIT_ALL = f"--admission-policy={ROOT}/Tests/Fixtures/admit-all.yaml"

ANONYMOUS = [f"--anonymous-scope={scope}"
             for scope in ("infer", "metadata", "metrics", "statistics", "admin", "shared-memory")]

# numpy name, Triton's configuration type, the protocol's name
TYPES = [
    ("bool", "TYPE_BOOL", "BOOL"),
    ("uint8", "TYPE_UINT8", "UINT8"),
    ("uint16", "TYPE_UINT16", "UINT16"),
    ("uint32", "TYPE_UINT32", "UINT32"),
    ("uint64", "TYPE_UINT64", "UINT64"),
    ("int8", "TYPE_INT8", "INT8"),
    ("int16", "TYPE_INT16", "INT16"),
    ("int32", "TYPE_INT32", "INT32"),
    ("int64", "TYPE_INT64", "INT64"),
    ("float16", "TYPE_FP16", "FP16"),
    ("float32", "TYPE_FP32", "FP32"),
    ("float64", "TYPE_FP64", "FP64"),
    ("object", "TYPE_STRING", "BYTES"),
    ("bfloat16", "TYPE_BF16", "BF16"),
]


def eventually(condition, seconds=15):
    """What `condition` says once it is true, or when the time is over."""
    deadline = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return met


# Below the range from which the kernel gives clients their ports: none of those can take one before its server does.
PORTS = random.sample(range(10_000, 32_000), 22_000)


def free_port():
    """A port that nothing listens on, and that no other call of this run is given."""
    while True:
        port = PORTS.pop()
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def identity_model(repository, name, config_type, dims="-1, -1", batch=0, extra=""):
    directory = repository / name
    (directory / "1").mkdir(parents=True)
    (directory / "config.pbtxt").write_text(
        f'backend: "identity"\nmax_batch_size: {batch}\n'
        f'input {{ name: "INPUT0" data_type: {config_type} dims: [ {dims} ] }}\n'
        f'output {{ name: "OUTPUT0" data_type: {config_type} dims: [ {dims} ] }}\n{extra}\n'
    )


def repeat_model(repository, name="repeat", decoupled=True):
    """One response for each element of IN, each after its delay in milliseconds."""
    directory = repository / name
    (directory / "1").mkdir(parents=True)
    (directory / "config.pbtxt").write_text("""backend: "repeat"
model_transaction_policy { decoupled: %s }
input [
  { name: "IN" data_type: TYPE_INT32 dims: [ -1 ] },
  { name: "DELAY" data_type: TYPE_UINT32 dims: [ -1 ] },
  { name: "WAIT" data_type: TYPE_UINT32 dims: [ 1 ] }
]
output [
  { name: "OUT" data_type: TYPE_INT32 dims: [ 1 ] },
  { name: "IDX" data_type: TYPE_UINT32 dims: [ 1 ] }
]
""" % str(decoupled).lower())


class Server:
    """A `buckler serve` process of ours, ended by its own pid."""

    def __init__(self, *arguments, log, env=None, anonymous=True, prefix=(), program=BUCKLER):
        self.port, self.grpc_port, self.metrics_port = free_port(), free_port(), free_port()
        self.log = Path(log)
        self.url = f"127.0.0.1:{self.port}"
        self.grpc_url = f"127.0.0.1:{self.grpc_port}"
        self.command = [*prefix, program, "serve", f"--http-port={self.port}", f"--grpc-port={self.grpc_port}",
                        f"--metrics-port={self.metrics_port}"]
        if anonymous and "--profile=triton" not in arguments:
            # Who may call is what test_access.py is about; all others call without a credential.
            self.command += [*ANONYMOUS, f"--ledger-directory={self.log}.ledger"]
        with open(self.log, "wb") as output:
            self.process = subprocess.Popen(
                [*self.command, *map(str, arguments)],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
            )

    def wait_ready(self, seconds=20):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.log.read_text()}")
            try:
                if self.get("/v2/health/ready")[0] == 200:
                    return self
            except OSError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"the server is not ready after {seconds} s:\n{self.log.read_text()}")

    def request(self, method, path, body=None, headers=None, port=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{port or self.port}{path}", data=body, method=method, headers=headers or {}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, response.read(), response.headers
        except urllib.error.HTTPError as error:
            return error.code, error.read(), error.headers

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body=b"", **options):
        return self.request("POST", path, body, **options)

    def stop(self, seconds=20):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"the server did not end within {seconds} s:\n{self.log.read_text()}") from None


@pytest.fixture(scope="session")
def repository(tmp_path_factory):
    repository = tmp_path_factory.mktemp("models")
    shutil.copytree(ROOT / "Examples/models/digits", repository / "digits")
    for name, config_type, _ in TYPES:
        identity_model(repository, f"identity_{name}", config_type)
        identity_model(repository, f"batched_{name}", config_type, dims="-1", batch=8)
    identity_model(repository, "sleeper", "TYPE_FP32", extra="""parameters [
  { key: "execute_delay_ms" value: { string_value: "1000" } }
]""")
    repeat_model(repository)
    return repository


@pytest.fixture(scope="session")
def server(repository, tmp_path_factory):
    server = Server(f"--model-repository={repository}", log=tmp_path_factory.mktemp("log") / "server.log")
    server.wait_ready()
    yield server
    assert server.process.poll() is None, "the server died during the tests:\n" + server.log.read_text()
    assert server.stop() == 0, server.log.read_text()


@pytest.fixture
def home(tmp_path):
    """A $BUCKLER_HOME of the test's own."""
    directory = tmp_path / "home"
    directory.mkdir(mode=0o700)
    return directory


@pytest.fixture
def serve(start_server, home, tmp_path):
    """A server of one model, `alpha`, that asks for a credential; its audit log is in `home`."""
    repository = tmp_path / "models"
    identity_model(repository, "alpha", "TYPE_FP32")

    def serve(*arguments, **options):
        return start_server(f"--model-repository={repository}", f"--ledger-directory={home}/log", *arguments,
                            anonymous=False, env={"BUCKLER_HOME": str(home)}, **options)

    return serve


@pytest.fixture
def start_server(tmp_path):
    """Starts servers with settings of a test's own."""
    started = []

    def start(*arguments, ready=True, **options):
        server = Server(*arguments, log=tmp_path / f"server{len(started)}.log", **options)
        started.append(server)
        return server.wait_ready() if ready else server

    yield start
    for server in started:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


sys.dont_write_bytecode = True

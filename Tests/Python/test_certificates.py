# SPDX-License-Identifier: Apache-2.0
"""Clients that are who their certificate says, over both protocols."""
import json
import queue
import shutil
import ssl
import time
import urllib.error
import urllib.request

import numpy as np
import pytest
import tritonclient.grpc as grpc_client
import tritonclient.http as http_client
from access import bearer, ledger_lines, make_key
from authority import Authority
from conftest import identity_model
from tritonclient.utils import InferenceServerException

VALUES = np.array([[1, 2]], dtype=np.float32)
RULES = [
    "dns:worker-*.example.org name=worker scopes=infer,metadata models=alpha",
    "uri:spiffe://example.org/watch/* name=watcher scopes=metrics,statistics",
    "subject:CN=*,OU=Operators,O=Example name=operator scopes=infer,metadata tenant=ops",
    "ip:10.9.8.7 name=machine",
]


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    authority = Authority(tmp_path_factory.mktemp("authority") / "own")
    authority.sign("server", "/CN=localhost", "DNS:localhost", "IP:127.0.0.1")
    authority.sign("worker", "/CN=w", "DNS:worker-7.example.org")
    authority.sign("watcher", "/CN=x", "URI:spiffe://example.org/watch/1")
    authority.sign("operator", "/O=Example/OU=Operators/CN=Ann Other")
    authority.sign("pretender", "/CN=Ann,OU=Operators,O=Example", "DNS:example.org")
    authority.sign("machine", "/CN=m", "IP:10.9.8.7")
    authority.sign("future", "/CN=w", "DNS:worker-7.example.org", dates=("20980101000000Z", "20990101000000Z"))
    authority.sign("expired", "/CN=w", "DNS:worker-7.example.org", dates=("20200101000000Z", "20210101000000Z"))
    stranger = Authority(authority.directory.parent / "other").sign("worker", "/CN=w", "DNS:worker-7.example.org")
    for suffix in ("pem", "key"):
        (stranger.directory / f"worker.{suffix}").rename(authority.directory / f"stranger.{suffix}")
    return authority


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    repository = tmp_path_factory.mktemp("certificates")
    for name in ("alpha", "beta"):
        identity_model(repository, name, "TYPE_FP32")
    return repository


class Callers:
    def __init__(self, server, authority, home):
        self.server, self.authority, self.home = server, authority, home

    def fetch(self, path, name, port=None, headers=None):
        """The status over HTTP with that certificate, and the answer."""
        context = ssl.create_default_context(cafile=self.authority.directory / "ca.pem")
        if name:
            context.load_cert_chain(*self.authority.files(name))
        request = urllib.request.Request(f"https://localhost:{port or self.server.port}{path}", headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=10, context=context) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def clients(self, name):
        roots = str(self.authority.directory / "ca.pem")
        certificate, key = map(str, self.authority.files(name))
        yield http_client, http_client.InferenceServerClient(
            f"localhost:{self.server.port}", ssl=True,
            ssl_options={"ca_certs": roots, "certfile": certificate, "keyfile": key})
        yield grpc_client, grpc_client.InferenceServerClient(
            f"localhost:{self.server.grpc_port}", ssl=True, root_certificates=roots, private_key=key,
            certificate_chain=certificate)

    def ledger(self):
        # Lines are written within a tenth of a second.
        time.sleep(0.3)
        return ledger_lines(self.home / f"ledger/{self.server.port}")


def infer(module, client, model="alpha", **options):
    tensor = module.InferInput("INPUT0", list(VALUES.shape), "FP32")
    tensor.set_data_from_numpy(VALUES)
    return client.infer(model, [tensor], **options).as_numpy("OUTPUT0")


@pytest.fixture
def start(start_server, authority, models, tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)

    def start(*flags, rules=RULES, roots=True, ready=True):
        certificate, key = authority.files("server")
        flags = [f"--tls-cert={certificate}", f"--tls-key={key}", *flags]
        if roots:
            flags.append(f"--tls-client-roots={authority.directory}/ca.pem")
        server = start_server(f"--model-repository={models}", *flags,
                              *(f"--tls-client-rule={rule}" for rule in rules), anonymous=False, ready=False,
                              env={"BUCKLER_HOME": str(home)})
        callers = Callers(server, authority, home)
        deadline = time.monotonic() + 30
        while ready:
            try:
                if callers.fetch("/v2/health/ready", "worker")[0] == 200:
                    break
            except OSError:
                assert time.monotonic() < deadline and server.process.poll() is None, server.log.read_text()
            time.sleep(0.05)
        return callers

    return start


@pytest.fixture
def callers(start):
    return start()


def test_a_certificate_is_its_rules_principal(callers):
    for module, client in callers.clients("worker"):
        with client:
            assert np.array_equal(infer(module, client), VALUES)
            assert client.get_model_metadata("alpha")
            with pytest.raises(InferenceServerException, match="unknown model: 'beta'"):
                infer(module, client, "beta")
            with pytest.raises(InferenceServerException, match="does not have the scope 'statistics'"):
                client.get_inference_statistics()
    for name in ("operator", "machine"):
        for module, client in callers.clients(name):
            with client:
                assert np.array_equal(infer(module, client, "beta"), VALUES)
    # No key was needed, so none was made.
    assert not (callers.home / "first-key.txt").exists()
    lines = [(line["principal"], line["key"], line["protocol"]) for line in callers.ledger() if line["kind"] == "allow"]
    for protocol in ("http", "grpc"):
        assert ("worker", "certificate:dns:worker-7.example.org", protocol) in lines
        assert ("operator", "certificate:subject:CN=Ann Other,OU=Operators,O=Example", protocol) in lines
        assert ("machine", "certificate:ip:10.9.8.7", protocol) in lines


def test_metrics_take_a_certificate_too(callers):
    port = callers.server.metrics_port
    assert callers.fetch("/metrics", "watcher", port)[0] == 200
    assert callers.fetch("/metrics", "worker", port)[0] == 403
    assert callers.fetch("/metrics", "pretender", port)[0] == 401


def test_a_certificate_without_a_rule_is_no_credential(callers):
    for module, client in callers.clients("pretender"):
        with client:
            assert client.is_server_live()
            with pytest.raises(InferenceServerException, match="a valid credential is needed"):
                infer(module, client)
    denied = [line for line in callers.ledger() if line["kind"] == "deny"]
    assert {line["reason"] for line in denied} == {"unknown certificate"}
    assert {line["protocol"] for line in denied} == {"http", "grpc"}


@pytest.mark.parametrize("name", ["expired", "future", "stranger"])
def test_no_handshake_with_a_bad_certificate(callers, name):
    for port in (callers.server.port, callers.server.metrics_port):
        with pytest.raises(OSError):
            callers.fetch("/v2/health/live", name, port)
    for _, client in callers.clients(name):
        with client, pytest.raises(Exception):
            assert not client.is_server_live()


def test_a_key_besides_has_to_be_the_same_principals(start, tmp_path):
    home = tmp_path / "home"
    same, other = make_key(home, "worker", "--scopes=statistics"), make_key(home, "ci", "--scopes=infer,metadata")
    callers = start()
    for module, client in callers.clients("worker"):
        with client:
            assert client.get_inference_statistics(headers=bearer(same))
            for headers in (bearer(other), {"x-api-key": other}, bearer("wrong")):
                with pytest.raises(InferenceServerException, match="a valid credential is needed"):
                    infer(module, client, headers=headers)
            assert np.array_equal(infer(module, client), VALUES)
    for module, client in callers.clients("pretender"):
        with client:
            assert np.array_equal(infer(module, client, "beta", headers=bearer(other)), VALUES)
    reasons = {line["reason"] for line in callers.ledger() if line["kind"] == "deny"}
    assert reasons == {"several credentials", "key: malformed"}


def test_grpcs_own_mutual_tls_is_enough(start, authority, tmp_path):
    certificate, key = authority.files("server")
    callers = start("--grpc-use-ssl-mutual", f"--grpc-server-cert={certificate}", f"--grpc-server-key={key}",
                    f"--grpc-root-cert={authority.directory}/ca.pem", roots=False)
    assert callers.fetch("/v2", None)[0] == 401
    _, (module, client) = callers.clients("worker")
    with client:
        assert np.array_equal(infer(module, client), VALUES)


@pytest.mark.parametrize("flags, rules, roots, message", [
    ([], ["dns:* name=a", "tls:* name=w"], True, "--tls-client-rule='tls:* name=w': it starts with one of"),
    ([], ["dns:* name=w scopes=root"], True, "--tls-client-rule='dns:* name=w scopes=root': scopes:"),
    ([], ["dns:* name=w"], False, "--tls-client-rule needs --tls-client-roots"),
    (["--profile=triton"], ["dns:* name=w"], True, "lets everyone in"),
])
def test_what_cannot_be_meant_is_refused_at_start(start, flags, rules, roots, message):
    server = start(*flags, rules=rules, roots=roots, ready=False).server
    assert server.process.wait(20) == 1
    assert message in server.log.read_text()


def test_rules_may_stand_in_the_file(start, authority, tmp_path):
    file = tmp_path / "buckler.yaml"
    file.write_text("tls:\n  client-rule:\n" + "".join(f"    - {json.dumps(rule)}\n" for rule in RULES))
    callers = start(f"--config={file}", rules=[])
    assert callers.fetch("/v2", "worker")[0] == 200
    assert callers.fetch("/v2", "pretender")[0] == 401


def test_roots_are_followed_and_whoever_they_no_longer_name_is_out(start, authority, tmp_path):
    """The way to shut a client out without a restart: roots that its certificate does not come from."""
    roots = tmp_path / "roots.pem"
    shutil.copy(authority.directory / "ca.pem", roots)
    callers = start(f"--tls-client-roots={roots}", roots=False)
    assert callers.fetch("/v2", "worker")[0] == 200
    with pytest.raises(OSError):
        callers.fetch("/v2", "stranger")
    shutil.copy(authority.directory.parent / "other" / "ca.pem", roots)
    deadline = time.monotonic() + 15

    def is_out(name):
        try:
            return callers.fetch("/v2", name)[0] != 200
        except OSError:
            return True

    while not is_out("worker"):
        assert time.monotonic() < deadline, callers.server.log.read_text()
        time.sleep(0.2)
    assert callers.fetch("/v2", "stranger")[0] == 200
    for _, client in callers.clients("worker"):
        with client, pytest.raises(Exception):
            assert not client.is_server_live()
    # Roots that cannot be read change nothing.
    roots.write_text("nonsense")
    while "the certificate in use stays in use" not in callers.server.log.read_text():
        assert time.monotonic() < deadline + 15, callers.server.log.read_text()
        time.sleep(0.2)
    assert callers.fetch("/v2", "stranger")[0] == 200 and is_out("worker")


def test_rules_that_changed_hold_after_a_restart(start):
    callers = start()
    assert callers.fetch("/v2", "worker")[0] == 200
    callers.server.stop()
    callers = start(rules=RULES[1:], ready=False)
    deadline = time.monotonic() + 20
    while True:
        try:
            status = callers.fetch("/v2", "worker")[0]
            break
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    assert status == 401


def test_a_certificate_that_runs_out_ends_its_streams(start, authority):
    """The connection outlives it; nothing that it was shown for does."""
    now = time.time()
    dates = [time.strftime("%Y%m%d%H%M%SZ", time.gmtime(at)) for at in (now - 60, now + 14)]
    authority.sign("brief", "/CN=w", "DNS:worker-7.example.org", dates=dates)
    callers = start()
    ended = queue.Queue()
    _, (module, client) = callers.clients("brief")
    with client:
        client.start_stream(lambda result, error: ended.put(error))
        assert np.array_equal(infer(module, client), VALUES)
        tensor = module.InferInput("INPUT0", list(VALUES.shape), "FP32")
        tensor.set_data_from_numpy(VALUES)
        client.async_stream_infer("alpha", [tensor])
        assert ended.get(timeout=10) is None
        error = ended.get(timeout=30)
        assert time.time() >= now + 13 and "not valid any more" in str(error)
        with pytest.raises(InferenceServerException, match="a valid credential is needed"):
            infer(module, client)

# SPDX-License-Identifier: Apache-2.0
"""One TLS for all listeners, looked at with tools that others wrote."""
import re
import ssl
import stat
import subprocess
import time
import urllib.error
import urllib.request

import numpy as np
import pytest
import tritonclient.grpc as grpc_client
import tritonclient.http as http_client

from conftest import BUCKLER

OPEN = ["--profile=triton"]


def make_certificates(directory, *arguments):
    return subprocess.run(
        [BUCKLER, "certs", "dev", "--directory", str(directory), *arguments], capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    directory = tmp_path_factory.mktemp("tls") / "certs"
    made = make_certificates(directory, "--host", "models.example.org", "--client", "worker")
    assert made.returncode == 0, made.stderr
    return directory


def tls_flags(certificates):
    return [f"--tls-cert={certificates}/server.pem", f"--tls-key={certificates}/server.key"]


def fetch(port, path, certificates, client=None, host=None):
    context = ssl.create_default_context(cafile=certificates / "ca.pem")
    if client:
        context.load_cert_chain(certificates / f"{client}.pem", certificates / f"{client}.key")
    request = urllib.request.Request(f"https://localhost:{port}{path}", headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request, timeout=10, context=context) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def start(start_server, certificates, *flags, client=None):
    server = start_server(*OPEN, *tls_flags(certificates), *flags, ready=False)
    deadline = time.monotonic() + 30
    while True:
        try:
            if fetch(server.port, "/v2/health/ready", certificates, client) == 200:
                return server
        except OSError:
            assert time.monotonic() < deadline and server.process.poll() is None, server.log.read_text()
        time.sleep(0.05)


@pytest.fixture
def tls_server(start_server, repository, certificates):
    return start(start_server, certificates, f"--model-repository={repository}")


def check_infer(module, client):
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    given = module.InferInput("INPUT0", [2, 3], "FP32")
    given.set_data_from_numpy(values)
    assert np.array_equal(client.infer("identity_float32", [given]).as_numpy("OUTPUT0"), values)


def test_certificates_are_what_they_should_be(certificates):
    for key in certificates.glob("*.key"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    for name, purpose in [("server", "sslserver"), ("worker", "sslclient")]:
        subprocess.run(
            ["openssl", "verify", "-x509_strict", "-purpose", purpose, "-CAfile", "ca.pem", f"{name}.pem"],
            cwd=certificates, check=True, capture_output=True,
        )
    text = subprocess.run(["openssl", "x509", "-in", "server.pem", "-noout", "-text"], cwd=certificates, check=True,
                          capture_output=True, text=True).stdout
    for name in ("DNS:localhost", "IP Address:127.0.0.1", "IP Address:0:0:0:0:0:0:0:1", "DNS:models.example.org"):
        assert name in text
    again = make_certificates(certificates)
    assert again.returncode == 1 and "nothing is overwritten" in again.stderr


@pytest.mark.parametrize("arguments", [
    ["--client", "../x"], ["--client", "ca"], ["--client", "server"], ["--client", ""], ["--host", "a:80"],
    ["--host", "a/b"],
])
def test_names_are_names(tmp_path, arguments):
    made = make_certificates(tmp_path / "certs", *arguments)
    assert made.returncode == 1, made.stdout
    assert not (tmp_path / "certs").exists()


def test_tritonclient(tls_server, certificates):
    context = {"ssl": True, "ssl_options": {"ca_certs": str(certificates / "ca.pem")}}
    with http_client.InferenceServerClient(f"localhost:{tls_server.port}", **context) as client:
        check_infer(http_client, client)
    with grpc_client.InferenceServerClient(
        f"localhost:{tls_server.grpc_port}", ssl=True, root_certificates=str(certificates / "ca.pem")
    ) as client:
        check_infer(grpc_client, client)
    assert fetch(tls_server.metrics_port, "/metrics", certificates) == 200


def s_client(port, *arguments):
    # What the server sends first, HTTP/2's SETTINGS for one, is printed too, and is no text.
    return subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *arguments], input="", capture_output=True,
        encoding="utf-8", errors="replace", timeout=20,
    )


def test_old_protocols_and_weak_ciphers_are_refused(tls_server):
    for port in (tls_server.port, tls_server.metrics_port, tls_server.grpc_port):
        for version in ("-tls1", "-tls1_1"):
            assert "Cipher is (NONE)" in s_client(port, version, "-cipher", "ALL:@SECLEVEL=0").stdout
        for cipher in ("AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA256", "AES256-SHA"):
            assert "Cipher is (NONE)" in s_client(port, "-tls1_2", "-cipher", f"{cipher}:@SECLEVEL=0").stdout, cipher
        for cipher in ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"):
            assert f"Cipher is {cipher}" in s_client(port, "-tls1_2", "-cipher", cipher).stdout
        preferred = s_client(port).stdout
        assert "TLSv1.3" in preferred and not re.search("Compression: (?!NONE)", preferred)
        assert "Secure Renegotiation IS NOT supported" not in s_client(port, "-tls1_2").stdout


@pytest.mark.parametrize("port, protocol", [("port", "h2"), ("metrics_port", "h2"), ("grpc_port", "h2")])
def test_alpn(tls_server, port, protocol):
    answer = s_client(getattr(tls_server, port), "-alpn", "h2,http/1.1").stdout
    assert f"ALPN protocol: {protocol}" in answer


def test_clients_need_a_certificate_where_one_is_asked_for(start_server, repository, certificates, tmp_path):
    server = start(start_server, certificates, f"--tls-client-roots={certificates}/ca.pem",
                   f"--model-repository={repository}", client="worker")
    options = {"ca_certs": str(certificates / "ca.pem"), "keyfile": str(certificates / "worker.key"),
               "certfile": str(certificates / "worker.pem")}
    with http_client.InferenceServerClient(f"localhost:{server.port}", ssl=True, ssl_options=options) as client:
        check_infer(http_client, client)
    with pytest.raises(OSError):
        fetch(server.port, "/v2/health/live", certificates)
    other = tmp_path / "other"
    assert make_certificates(other, "--client", "worker").returncode == 0
    (other / "ca.pem").write_bytes((certificates / "ca.pem").read_bytes())
    for port in (server.port, server.metrics_port):
        with pytest.raises(OSError):
            fetch(port, "/v2/health/live", other, client="worker")


def test_new_certificates_are_used_while_connections_live(start_server, repository, tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    for directory in (old, new):
        assert make_certificates(directory).returncode == 0
    server = start(start_server, old, f"--model-repository={repository}")
    options = {"ca_certs": str(old / "ca.pem")}
    with http_client.InferenceServerClient(f"localhost:{server.port}", ssl=True, ssl_options=options) as client, \
            grpc_client.InferenceServerClient(f"localhost:{server.grpc_port}", ssl=True,
                                              root_certificates=str(old / "ca.pem")) as grpc:
        check_infer(http_client, client)
        check_infer(grpc_client, grpc)
        for name in ("server.pem", "server.key"):
            (new / name).rename(old / name)
        deadline = time.monotonic() + 15
        for port in (server.port, server.grpc_port):
            while s_client(port, "-CAfile", str(new / "ca.pem"), "-verify_return_error").returncode != 0:
                assert time.monotonic() < deadline, server.log.read_text()
                time.sleep(0.2)
        check_infer(http_client, client)
        check_infer(grpc_client, grpc)


def test_a_key_that_others_can_read_is_refused(start_server, repository, tmp_path):
    assert make_certificates(tmp_path / "certs").returncode == 0
    (tmp_path / "certs/server.key").chmod(0o644)
    files = (tmp_path / "certs/server.pem", tmp_path / "certs/server.key")
    for flags in (
        [f"--tls-cert={files[0]}", f"--tls-key={files[1]}"],
        ["--grpc-use-ssl", f"--grpc-server-cert={files[0]}", f"--grpc-server-key={files[1]}"],
    ):
        server = start_server(*OPEN, f"--model-repository={repository}", *flags, ready=False)
        assert server.process.wait(20) == 1
        assert "chmod 640" in server.log.read_text()


def test_other_names_are_misdirected(start_server, repository, certificates):
    server = start(start_server, certificates, f"--model-repository={repository}", "--allowed-host=localhost")
    for port in (server.port, server.metrics_port):
        assert fetch(port, "/v2/health/live", certificates, host="rebound.example") == 421
        assert fetch(port, "/v2/health/live", certificates, host=f"localhost:{port}") == 200
    with grpc_client.InferenceServerClient(
        f"127.0.0.1:{server.grpc_port}", ssl=True, root_certificates=str(certificates / "ca.pem")
    ) as client:
        with pytest.raises(Exception, match="--allowed-host"):
            client.is_server_live()


def test_a_wildcard_with_credentials_is_refused(start_server, repository):
    server = start_server(*OPEN, f"--model-repository={repository}", "--cors-origin=*", "--cors-credentials",
                          ready=False)
    assert server.process.wait(20) == 1
    assert "--cors-origin=*" in server.log.read_text()

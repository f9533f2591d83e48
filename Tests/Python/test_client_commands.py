# SPDX-License-Identifier: Apache-2.0
"""`buckler infer`, `remote` and `bench`: what they send as a credential, and what they show of it."""
import json
import os
import ssl
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from conftest import BUCKLER, ROOT, Server

KEY = "bkl_abcdefghijkl_TheSecretOfTheTests"
PIXELS = ",".join((ROOT / "Examples/digits.csv").read_text().splitlines()[0].split(",")[1:])


def buckler(*arguments, key=KEY):
    environment = {name: value for name, value in os.environ.items() if name != "BUCKLER_API_KEY"}
    if key is not None:
        environment["BUCKLER_API_KEY"] = key
    done = subprocess.run([BUCKLER, *map(str, arguments)], capture_output=True, text=True, timeout=60, env=environment)
    # What it was not given it cannot know for a key.
    assert not key or key not in done.stdout + done.stderr
    return done


class Recorder:
    """Answers everything with one status and keeps the credentials it was shown."""

    def __init__(self, status=200, body=b"[]", tls=None):
        self.seen = []
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                recorder.seen.append(self.headers.get_all("Authorization"))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def keyed(repository, tmp_path_factory):
    """A server that asks for a key, and the key."""
    made = subprocess.run([BUCKLER, "key", "create", "clients", "--scopes", "infer,metadata,statistics", "--print-only"],
                          capture_output=True, text=True, timeout=60, check=True)
    line = made.stdout.strip()
    scratch = tmp_path_factory.mktemp("keyed")
    server = Server(f"--model-repository={repository}", f"--ledger-directory={scratch}/ledger", log=scratch / "server.log",
                    env={"BUCKLER_API_KEYS": line}, anonymous=False)
    server.wait_ready()
    yield server, line.rpartition("key=")[2]
    assert server.stop() == 0, server.log.read_text()


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_a_key_is_sent_and_the_server_answers(keyed, protocol):
    server, key = keyed
    url = f"{protocol}://{server.url if protocol == 'http' else server.grpc_url}"
    assert "buckler key create NAME" in buckler("remote", "list", "--url", url, key=None).stderr
    assert "digits" in buckler("remote", "list", "--url", url, key=key).stdout
    arguments = ["infer", "digits", "--url", url, "--input", f"image={PIXELS}", "--shape", "image:1,64", "--json"]
    done = buckler(*arguments, key=key)
    assert json.loads(done.stdout)["model_name"] == "digits", done.stderr
    arguments = ["bench", "--url", url, "-m", "digits", "--concurrency", 2, "--duration", 0.2, "--warmup", 0.1]
    done = buckler(*arguments, key=key)
    assert done.returncode == 0, done.stderr


def test_where_the_key_comes_from(tmp_path):
    file = tmp_path / "key"
    file.write_text("# mine\nname=ci scopes=infer key=from-the-file\n")
    with Recorder() as recorder:
        arguments = ["remote", "list", "--url", f"http://{recorder.address}"]
        assert buckler(*arguments, key=None).returncode == 0
        assert buckler(*arguments, key="").returncode == 0
        assert buckler(*arguments).returncode == 0
        assert buckler(*arguments, "--api-key-file", file).returncode == 0
    assert recorder.seen == [None, None, [f"Bearer {KEY}"], ["Bearer from-the-file"]]


@pytest.mark.parametrize("content", ["", "two words\n", "sécret\n", "x" * 20000])
def test_what_is_no_key_is_refused_and_not_shown(tmp_path, content):
    file = tmp_path / "key"
    file.write_text(content)
    done = buckler("remote", "list", "--url", "http://127.0.0.1:1", "--api-key-file", file)
    assert done.returncode == 1
    assert str(file) in done.stderr
    assert not content.strip() or content.strip() not in done.stderr


def test_a_refusal_says_what_to_do(tmp_path):
    with Recorder(401, json.dumps({"error": f"no {KEY}"}).encode()) as recorder:
        url = f"http://{recorder.address}"
        done = buckler("remote", "list", "--url", url, key=None)
        assert done.returncode == 1
        assert "give --api-key-file FILE or set BUCKLER_API_KEY" in done.stderr
        assert "buckler key create NAME" in done.stderr
        assert "does not take the API key" in buckler("remote", "list", "--url", url).stderr
        body = tmp_path / "body"
        body.write_text("{}")
        done = buckler("bench", "--url", url, "--raw-body", body, "--path", "/x", "--concurrency", 1, "--duration",
                       0.2, "--warmup", 0.1)
        assert done.returncode == 1
        assert "set BUCKLER_API_KEY" in done.stdout
    assert all(seen == [f"Bearer {KEY}"] for seen in recorder.seen[1:])


def test_a_second_server_gets_no_key_of_the_first(tmp_path):
    body, file = tmp_path / "body", tmp_path / "key"
    body.write_text("{}")
    file.write_text("second\n")
    load = ["--raw-body", body, "--path", "/x", "--concurrency", 1, "--duration", 0.1, "--warmup", 0.1, "--pairs", 1]
    for options, expected in [([], None), (["--against-api-key-file", file], ["Bearer second"])]:
        with Recorder() as first, Recorder() as second:
            done = buckler("bench", "--url", first.address, "--against", second.address, *load, *options)
            assert done.returncode == 0, done.stderr
        assert first.seen and all(seen == [f"Bearer {KEY}"] for seen in first.seen)
        assert second.seen and all(seen == expected for seen in second.seen)


def test_https(tmp_path):
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        check=True, capture_output=True,
    )
    with Recorder(tls=(certificate, key)) as recorder:
        url = f"https://{recorder.address}"
        done = buckler("remote", "list", "--url", url)
        assert done.returncode == 1 and "not trusted" in done.stderr
        assert recorder.seen == []
        assert buckler("remote", "list", "--url", url, "--tls-ca", certificate).returncode == 0
        body = tmp_path / "body"
        body.write_text("{}")
        done = buckler("bench", "--url", url, "--tls-ca", certificate, "--raw-body", body, "--path", "/x",
                       "--concurrency", 2, "--duration", 0.3, "--warmup", 0.1)
        assert done.returncode == 0, done.stdout + done.stderr
        assert len(recorder.seen) > 2 and all(seen == [f"Bearer {KEY}"] for seen in recorder.seen)


def test_the_example_sends_the_key():
    with Recorder(401, b"{}") as recorder:
        done = subprocess.run(
            [sys.executable, ROOT / "Examples/send_digits.py", "--url", f"http://{recorder.address}"],
            capture_output=True, text=True, timeout=30, env={**os.environ, "BUCKLER_API_KEY": KEY},
        )
    assert done.returncode == 1 and "buckler key create NAME" in done.stderr
    assert recorder.seen == [[f"Bearer {KEY}"]]


def test_the_version_of_a_model_is_not_that_of_the_tool(server):
    for command in (["infer"], ["remote", "show"], ["remote", "stats"]):
        text = subprocess.run([BUCKLER, *command, "--help"], capture_output=True, text=True, check=True).stdout
        options = [line.split()[0] for line in text.splitlines() if line.strip().startswith("--")]
        assert options.count("--version") == 1 and options.count("--model-version") == 1, text
    shown = subprocess.run([BUCKLER, "remote", "show", "digits", "--model-version", "1", "-u", server.url],
                           capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr


@pytest.mark.parametrize("option", ["--pid", "--against-pid"])
def test_a_process_that_does_not_exist_is_not_measured(server, option):
    ended = subprocess.Popen(["true"])
    ended.wait()
    ran = subprocess.run([BUCKLER, "bench", "-m", "digits", "-u", server.url, "--against", server.url,
                          "--duration", "0.1", "--warmup", "0", "--pairs", "1", "--concurrency", "1",
                          option, str(ended.pid)], capture_output=True, text=True)
    assert ran.returncode != 0 and f"{option} {ended.pid}: there is no such process" in ran.stderr, ran.stderr


@pytest.mark.parametrize("command", [["infer", "digits", "--input", "image=1"], ["remote", "show", "digits"],
                                     ["remote", "stats", "digits"]])
@pytest.mark.parametrize("version", ["x", "-1", "1.0", "+1", "9223372036854775808"])
def test_a_version_that_is_no_number_is_refused_before_anybody_is_asked(command, version):
    done = buckler(*command, f"--model-version={version}", "-u", "http://127.0.0.1:1")
    assert done.returncode == 64 and "a version of a model is a number" in done.stderr, done.stderr


def test_the_wrong_port_is_named(server):
    for url, other in [(f"http://{server.grpc_url}", f"grpc://{server.grpc_url}"),
                       (f"grpc://{server.url}", f"http://{server.url}")]:
        done = buckler("remote", "list", "-u", url, key=None)
        assert done.returncode == 1 and f"--url {other}" in done.stderr, done.stderr


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_a_scope_that_a_key_lacks_is_named_with_what_to_type(keyed, protocol):
    server, key = keyed
    url = f"{protocol}://{server.url if protocol == 'http' else server.grpc_url}"
    done = buckler("remote", "load", "digits", "-u", url, key=key)
    assert done.returncode == 1 and "scope 'admin'" in done.stderr, done.stderr
    assert "buckler key create NAME --scopes admin" in done.stderr, done.stderr

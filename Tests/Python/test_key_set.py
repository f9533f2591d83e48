# SPDX-License-Identifier: Apache-2.0
"""Tokens whose issuer publishes its keys at an address: what an issuer, or who stands in for it, can do to the server."""
import json
import os
import re
import subprocess
import threading
import time
import uuid

import grpc
import pytest
from access import bearer
from conftest import BUCKLER, eventually, identity_model
from issuer import Issuer, SigningKey, base64url, send

TOKENS = ["--jwt-issuer=https://issuer.example", "--jwt-audience=buckler"]
# Who shows a bad credential again and again is told to wait.
REFUSED = (401, 429)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    directory = tmp_path_factory.mktemp("signing")
    return [SigningKey(directory, name) for name in ("first", "second")]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    directory = tmp_path_factory.mktemp("tls") / "certs"
    subprocess.run([BUCKLER, "certs", "dev", "--directory", str(directory)], check=True, capture_output=True)
    return directory


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    repository = tmp_path_factory.mktemp("key-set")
    identity_model(repository, "alpha", "TYPE_FP32")
    return repository


@pytest.fixture
def start(start_server, models, tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)

    def start(*arguments):
        return start_server(f"--model-repository={models}", *TOKENS, *arguments, anonymous=False,
                            env={"BUCKLER_HOME": str(home)})

    return start


@pytest.fixture
def publish(keys):
    issuers = []

    def publish(*published, **options):
        issuers.append(Issuer(published or keys[:1], **options))
        return issuers[-1]

    yield publish
    for issuer in issuers:
        issuer.stop()


def status(server, token):
    return server.get("/v2/models/alpha", headers=bearer(token))[0]


def test_new_keys_are_found_and_old_ones_forgotten(start, publish, keys):
    issuer = publish()
    server = start(f"--jwt-key-set={issuer.url}", "--jwt-key-set-refresh-secs=2")
    first, second = (key.token() for key in keys)
    assert eventually(lambda: status(server, first) == 200)
    assert status(server, second) == 401
    issuer.keys = keys[1:]
    assert eventually(lambda: status(server, second) == 200)
    assert status(server, first) in REFUSED, "cached or not, a key that is gone signs for nobody"


@pytest.mark.parametrize("origin", ["address", "file"])
def test_what_a_token_opened_ends_when_its_key_is_withdrawn(start, publish, keys, tmp_path, origin):
    issuer = publish(*keys)
    file = tmp_path / "keys.json"

    def withdraw_the_first():
        issuer.keys = keys[1:]
        replacement = tmp_path / "new.json"
        replacement.write_bytes(issuer.body)
        os.replace(replacement, file)

    file.write_bytes(issuer.body)
    place = issuer.url if origin == "address" else file
    server = start(f"--jwt-key-set={place}", "--jwt-key-set-refresh-secs=1")
    tokens = [key.token() for key in keys]
    assert eventually(lambda: [status(server, token) for token in tokens] == [200, 200])
    with grpc.insecure_channel(server.grpc_url) as channel:
        method = channel.unary_stream("/grpc.health.v1.Health/Watch")
        watches = [method(b"", metadata=[("authorization", f"Bearer {token}")], timeout=20) for token in tokens]
        assert all(next(watch) for watch in watches)
        withdraw_the_first()
        withdrawn = time.monotonic()
        with pytest.raises(grpc.RpcError) as ended:
            next(watches[0])
        assert ended.value.code() == grpc.StatusCode.UNAUTHENTICATED
        assert time.monotonic() - withdrawn < 5, "nobody asked for anything meanwhile"
        time.sleep(1)
        assert watches[1].is_active(), "a key that stays lets nobody down"
        watches[1].cancel()


@pytest.mark.parametrize("origin", ["address", "file"])
@pytest.mark.parametrize("left", [[], [{"kty": "oct", "k": "AAAA"}], [{"use": "enc"}]])
def test_the_last_key_can_be_withdrawn(start, publish, keys, tmp_path, origin, left):
    issuer = publish()
    file = tmp_path / "keys.json"
    file.write_bytes(issuer.body)
    server = start(f"--jwt-key-set={issuer.url if origin == 'address' else file}", "--jwt-key-set-refresh-secs=1")
    token = keys[0].token()
    assert eventually(lambda: status(server, token) == 200)
    body = json.dumps({"keys": [{**keys[0].jwk, **key} if "use" in key else key for key in left]}).encode()
    issuer.answer = lambda handler: send(handler, body)
    file.write_bytes(body)
    assert eventually(lambda: status(server, token) in REFUSED, 5)
    assert eventually(lambda: "no key to check signatures with: no token is accepted" in server.log.read_text())
    issuer.answer = None
    file.write_bytes(issuer.body)
    assert eventually(lambda: status(server, token) == 200)


@pytest.mark.parametrize("flag, accepted", [("RS256", True), ("ES256", False)])
def test_the_operator_says_which_signatures_are_taken(start, publish, keys, flag, accepted):
    issuer = publish()
    server = start(f"--jwt-key-set={issuer.url}", f"--jwt-algorithm={flag}", "--jwt-clock-skew-secs=0")
    assert eventually(lambda: issuer.fetches)
    assert eventually(lambda: (status(server, keys[0].token()) == 200) is accepted)
    if accepted:
        assert status(server, keys[0].token(exp=int(time.time()) - 5)) == 401, "within a minute, but not within none"


def test_a_file_of_keys_that_everyone_may_write_to_is_refused(start, keys, tmp_path):
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [keys[0].jwk]}))
    file.chmod(0o666)
    server = start(f"--jwt-key-set={file}")
    assert eventually(lambda: "can be changed by everyone on this machine" in server.log.read_text())
    assert status(server, keys[0].token()) == 401
    file.chmod(0o644)
    assert eventually(lambda: status(server, keys[0].token()) == 200)


def test_a_token_with_an_unknown_key_has_the_keys_fetched(start, publish, keys):
    issuer = publish()
    server = start(f"--jwt-key-set={issuer.url}")
    first, second = (key.token() for key in keys)
    assert eventually(lambda: status(server, first) == 200)
    issuer.keys = keys
    assert eventually(lambda: status(server, second) == 200, 20), "it did not wait for the five minutes to be over"
    assert status(server, first) == 200
    assert len(issuer.fetches) == 2


def test_a_flood_of_made_up_keys_fetches_next_to_nothing(start, publish, keys):
    issuer = publish()
    server = start(f"--jwt-key-set={issuer.url}")
    good = keys[0].token()
    assert eventually(lambda: status(server, good) == 200)
    # The identifier is read before the signature is checked: it need not even be good.
    header, payload, signature = good.split(".")
    deadline = time.monotonic() + 12
    sent = 0

    def flood():
        nonlocal sent
        while time.monotonic() < deadline:
            made_up = base64url(json.dumps({"alg": "RS256", "kid": str(uuid.uuid4())}).encode())
            server.get("/v2", headers=bearer(f"{made_up}.{payload}.{signature}"))
            sent += 1

    threads = [threading.Thread(target=flood) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sent > 100
    assert len(issuer.fetches) <= 2, "once at the start, once for all of these"
    assert status(server, good) == 200


def redirect(location):
    return lambda handler: send(handler, b"", 302, Location=location)


def oversized(issuer):
    return lambda handler: send(handler, issuer.body + b" " * (256 << 10))


def endless(handler):
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b" " * 65536)


def trickle(handler):
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b" ")
        time.sleep(0.2)


def garbage(handler):
    send(handler, b"<html>not found</html>")


def failure(handler):
    send(handler, b"{}", 500)


@pytest.mark.parametrize(
    "name, reason",
    [("redirect", "redirections are not followed"), ("oversized", "longer than 262144 bytes"),
     ("endless", "longer than 262144 bytes"), ("trickle", "took longer than 5 s"),
     ("garbage", "the key set cannot be used"), ("failure", "status is 500"), ("private", "is a private key")],
)
def test_a_bad_answer_is_refused_and_said_once(start, publish, keys, name, reason):
    elsewhere = publish()
    issuer = publish()
    issuer.answer = {
        "redirect": redirect(elsewhere.url), "oversized": oversized(issuer), "endless": endless, "trickle": trickle,
        "garbage": garbage, "failure": failure,
        "private": lambda handler: send(handler, json.dumps({"keys": [{**keys[0].jwk, "d": "AQAB"}]}).encode()),
    }[name]
    server = start(f"--jwt-key-set={issuer.url}?secret=CANARY", "--jwt-key-set-refresh-secs=2")
    token = keys[0].token()
    assert eventually(lambda: reason in server.log.read_text()), server.log.read_text()
    assert status(server, token) == 401
    assert eventually(lambda: len(issuer.fetches) >= 3, 25)
    assert status(server, token) in REFUSED
    log = server.log.read_text()
    assert log.count(reason) == 1 and "no token is accepted until there are keys" in log
    assert "CANARY" not in log
    assert elsewhere.fetches == []
    issuer.answer = None
    assert eventually(lambda: status(server, token) == 200)
    assert "can be read again" in server.log.read_text()


def test_the_limit_is_what_it_says(start, publish, keys):
    issuer = publish()
    issuer.answer = lambda handler: send(handler, issuer.body.ljust(256 << 10))
    server = start(f"--jwt-key-set={issuer.url}")
    assert eventually(lambda: status(server, keys[0].token()) == 200), server.log.read_text()


def test_keys_outlive_their_issuer_for_a_while(start, publish, keys):
    issuer = publish()
    server = start(f"--jwt-key-set={issuer.url}", "--jwt-key-set-refresh-secs=1", "--jwt-key-set-stale-secs=15")
    token = keys[0].token()
    assert eventually(lambda: status(server, token) == 200)
    issuer.stop()
    assert eventually(lambda: "the keys read before stay for now" in server.log.read_text())
    assert status(server, token) == 200
    assert eventually(lambda: status(server, token) in REFUSED, 30)
    assert eventually(lambda: "are too old" in server.log.read_text())
    publish(keys[0], port=issuer.port)
    assert eventually(lambda: status(server, token) == 200)
    reasons = re.findall(r"cannot be fetched: [^;]*", server.log.read_text())
    assert reasons and len(reasons) == len(set(reasons)), "each reason is told once"


def test_a_server_starts_without_its_issuer(start, publish, keys):
    issuer = publish()
    issuer.stop()
    server = start(f"--jwt-key-set={issuer.url}", "--jwt-key-set-refresh-secs=2")
    token = keys[0].token()
    assert status(server, token) == 401
    assert eventually(lambda: "cannot be fetched" in server.log.read_text())
    publish(keys[0], port=issuer.port)
    assert eventually(lambda: status(server, token) == 200)


def test_certificates_are_checked(start, publish, keys, certificates):
    issuer = publish(certificates=certificates)
    token = keys[0].token()
    trusting = start(f"--jwt-key-set={issuer.url}", f"--jwt-key-set-ca={certificates}/ca.pem")
    assert eventually(lambda: status(trusting, token) == 200), trusting.log.read_text()
    fetches = len(issuer.fetches)
    trusting.stop()
    wary = start(f"--jwt-key-set={issuer.url}")
    assert eventually(lambda: "cannot be fetched" in wary.log.read_text())
    assert status(wary, token) == 401
    assert len(issuer.fetches) == fetches, "nothing was asked of somebody else"


@pytest.mark.parametrize(
    "address", ["http://192.0.2.1/jwks", "https://user@127.0.0.1/jwks", "https://", "http://127.0.0.1.example/jwks"]
)
def test_addresses_that_cannot_be_trusted_are_refused_at_start(start_server, models, address, tmp_path):
    server = start_server(f"--model-repository={models}", *TOKENS, f"--jwt-key-set={address}", ready=False,
                          anonymous=False, env={"BUCKLER_HOME": str(tmp_path / "home")})
    assert server.process.wait(20) == 1
    assert "the address of the key set cannot be used" in server.log.read_text()

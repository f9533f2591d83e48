# SPDX-License-Identifier: Apache-2.0
"""Where secrets come from, and that they are shown nowhere."""
import json
import os
import re
import stat
import subprocess
import time

import pytest
from access import bearer, buckler, environment
from conftest import BUCKLER, identity_model

CANARY = "CANARY7f3aQ"


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    repository = tmp_path_factory.mktemp("secrets")
    identity_model(repository, "alpha", "TYPE_FP32")
    return repository


@pytest.fixture
def program(tmp_path):
    """Makes a program that prints what it is told to, and notes that it ran."""
    def program(script, name="give"):
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\necho ran >> {tmp_path}/{name}.runs\n{script}\n")
        path.chmod(stat.S_IRWXU)
        return path

    return program


@pytest.fixture
def key_line(home):
    return buckler(home, "key", "create", "ci", "--print-only", "--expires=never").stdout.strip()


def show(home, *arguments, env=None):
    return subprocess.run([BUCKLER, "config", "show", *map(str, arguments)], capture_output=True, text=True, timeout=30,
                          env=environment(home, **(env or {})))


def settings(shown):
    return {setting["name"]: setting for setting in json.loads(shown.stdout)["settings"]}


def secret(key_line):
    return re.search(r"key=(\S+)", key_line)[1]


def test_config_show_says_what_comes_from_where(home, tmp_path):
    file = tmp_path / "buckler.yaml"
    file.write_text("model-repository: /models\nhttp-port: 9000\nlimits:\n  max-json-depth: 7\n")
    shown = show(home, f"--config={file}", "--http-port=80", "--json", env={"BUCKLER_API_KEYS": "x"})
    assert shown.returncode == 0, shown.stderr
    found = settings(shown)
    assert found["http-port"]["values"] == [{"value": "80", "origin": {"kind": "flag"}}]
    assert found["max-json-depth"]["values"] == [
        {"value": "7", "origin": {"kind": "file", "name": str(file), "line": 4, "column": 19}}]
    assert found["grpc-port"]["values"] == [{"value": "8001", "origin": {"kind": "default"}}]
    assert found["BUCKLER_API_KEYS"]["values"] == [
        {"value": "…", "origin": {"kind": "environment", "name": "BUCKLER_API_KEYS"}}]
    text = show(home, f"--config={file}", "--http-port", "80").stdout
    assert re.search(r"^  http-port +80 +command line$", text, re.M)
    assert re.search(rf"^  max-json-depth +7 +{file}:4$", text, re.M)
    assert re.search(r"^  grpc-port +8001 +default$", text, re.M)
    assert "\x1b" not in text


def test_config_show_says_what_serve_would_refuse(home):
    shown = show(home, "--http-port=80")
    assert shown.returncode == 1 and "no models to serve" in shown.stderr
    assert re.search(r"^  http-port +80 ", shown.stdout, re.M)
    assert show(home, "--http-prot=80").stderr.strip().endswith("did you mean --http-port?")
    assert "buckler serve" in show(home, "--help").stdout


SECRETS = {
    "api-key-file": f"exec:/no/such/program {CANARY}",
    "tls-key": f"exec:/no/such/program {CANARY}",
    "grpc-server-key": f"exec:/no/such/program {CANARY}",
    "jwt-key-set": f"https://127.0.0.1:9/keys?code={CANARY}",
    "ledger-checkpoint-command": f"/bin/true {CANARY}",
    "http-restricted-api": f"health:{CANARY}={CANARY}",
    "grpc-restricted-protocol": f"health:{CANARY}={CANARY}",
    "backend-config": f"tensorflow,token={CANARY}",
    "trace-config": f"opentelemetry,header={CANARY}",
    "cache-config": f"redis,password={CANARY}",
}
NEEDED = {"tls-key": {"tls-cert": "/c"}, "grpc-server-key": {"grpc-use-ssl": "true", "grpc-server-cert": "/c"},
          "jwt-key-set": {"jwt-issuer": "i", "jwt-audience": "a"}}


@pytest.mark.parametrize("place", ["command line", "file"])
@pytest.mark.parametrize("name", SECRETS)
def test_secrets_are_shown_nowhere(start_server, models, home, tmp_path, name, place):
    given = {"model-repository": str(models), "log-verbose": "9", **NEEDED.get(name, {}), name: SECRETS[name]}
    if place == "file":
        file = tmp_path / "buckler.yaml"
        file.write_text("".join(f"{key}: {json.dumps(value)}\n" for key, value in given.items()))
        arguments = [f"--config={file}"]
    else:
        arguments = [f"--{key}={value}" for key, value in given.items()]
    for shown in (show(home, *arguments), show(home, *arguments, "--json")):
        assert name in shown.stdout and "…" in shown.stdout
        assert CANARY not in shown.stdout + shown.stderr
    server = start_server(*arguments, ready=False, anonymous=False, env={"BUCKLER_HOME": str(home)})
    deadline = time.monotonic() + 20
    while server.process.poll() is None and time.monotonic() < deadline:
        try:
            if server.get("/v2/health/ready")[0]:
                server.get("/v2", headers={"Authorization": "Bearer x"})
                break
        except OSError:
            time.sleep(0.05)
    if server.process.poll() is None:
        server.stop()
    log = server.log.read_text()
    assert log and CANARY not in log


@pytest.mark.parametrize("value", [f"bkl_{CANARY}", f"name=a key={CANARY}", CANARY, f"exec:relative {CANARY}",
                                   f"exec:/no/such/program {CANARY}"])
def test_keys_of_the_environment_are_shown_nowhere(start_server, models, home, value):
    env = {"BUCKLER_HOME": str(home), "BUCKLER_API_KEYS": value}
    for shown in (show(home, env=env), show(home, "--json", env=env)):
        assert "BUCKLER_API_KEYS" in shown.stdout and CANARY not in shown.stdout + shown.stderr
    server = start_server(f"--model-repository={models}", "--log-verbose=9", ready=False, anonymous=False, env=env)
    assert server.process.wait(20) == 1
    assert "BUCKLER_API_KEYS" in server.log.read_text() and CANARY not in server.log.read_text()


@pytest.mark.parametrize("arguments", [
    ["serve", "KEY"], ["serve", "--model-repository=x", "KEY"], ["serve", "--anonymous-scope=KEY"], ["serve", "--KEY"],
    ["config", "show", "KEY"], ["config", "show", "--model-repository=KEY"], ["key", "list", "KEY"],
    ["key", "create", "KEY"], ["key", "create", "a", "--expires=KEY"], ["key", "revoke", "KEY"], ["KEY"],
    ["serve", "--model-repository=x", "--tls-cert=PEM", "--tls-key=/x"], ["config", "show", "--tls-client-roots=PEM"],
    ["config", "show", "--load-model=KEY"], ["key", "create", "a", "--model=KEY"], ["certs", "dev", "--directory=/dev/null/KEY"],
    ["remote", "list", "--url=http://u:KEY@127.0.0.1:1"], ["remote", "list", "--url=http://127.0.0.1:1/KEY"],
    ["remote", "list", "KEY"], ["infer", "m", "--KEY"], ["check", "KEY"], ["ledger", "verify", "KEY"],
])
def test_a_key_in_the_wrong_place_is_not_repeated(home, key_line, arguments):
    key = key_line.split("key=")[-1]
    pem = f"-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----"
    arguments = [argument.replace("KEY", key).replace("PEM", pem) for argument in arguments]
    shown = subprocess.run([BUCKLER, *arguments], text=True,
                           env=environment(home), capture_output=True, timeout=30)
    assert shown.stdout + shown.stderr
    assert key[8:40] not in shown.stdout + shown.stderr


def test_a_password_in_an_address_is_not_repeated(home):
    shown = subprocess.run([BUCKLER, "remote", "list", f"--url=http://u:{CANARY}@127.0.0.1:1"], text=True,
                           env=environment(home), capture_output=True, timeout=30)
    assert shown.returncode != 0 and "it names a user" in shown.stderr and CANARY not in shown.stderr


@pytest.mark.parametrize("flag", ["--ledger-checkpoint-command=KEY", "--ledger-checkpoint-file=/dev/null/KEY",
                                  "--load-model=KEY", "--engine-library=/KEY", "--id=KEY"])
def test_a_key_in_the_wrong_place_is_not_in_the_log(start_server, models, home, key_line, flag):
    key = key_line.split("key=")[-1]
    server = start_server(f"--model-repository={models}", "--model-control-mode=explicit", "--exit-on-error=false",
                          "--log-verbose=9", flag.replace("KEY", key), ready=False, anonymous=False,
                          env={"BUCKLER_HOME": str(home)})
    deadline = time.monotonic() + 3
    while server.process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    if server.process.poll() is None:
        server.stop()
    assert server.log.read_text() and key[8:40] not in server.log.read_text()


def test_a_key_that_a_client_sends_in_the_wrong_place_is_kept_nowhere(start_server, models, home, key_line):
    key = key_line.split("key=")[-1]
    server = start_server(f"--model-repository={models}", "--model-control-mode=explicit", "--log-verbose=9",
                          anonymous=False, env={"BUCKLER_HOME": str(home), "BUCKLER_API_KEYS": key_line})
    credential = {"Authorization": f"Bearer {key}"}
    assert server.get(f"/v2/models/{key}", headers=credential)[0] == 404
    server.get("/v2", headers={**credential, "X-Request-Id": key})
    server.post(f"/v2/models/{key}/infer", b"{}", headers={**credential, "X-Request-Id": f"a {key} b"})
    server.post(f"/v2/repository/models/{key}/load", b"{}", headers=credential)
    server.get(f"/{key}", headers=credential)
    server.get(f"/v2/models/{key}", headers={"Authorization": "Bearer x", "X-Request-Id": key})
    server.stop()
    kept = [file.read_text() for file in (home / "ledger").rglob("*.jsonl")]
    assert kept and f"bkl_{key[4:16]}_…" in "".join(kept)
    assert not [text for text in [*kept, server.log.read_text()] if key[8:40] in text]
    assert subprocess.run([BUCKLER, "ledger", "verify", next((home / "ledger").iterdir())], env=environment(home),
                          capture_output=True).returncode == 0


@pytest.mark.parametrize("place", ["--api-key-file", "BUCKLER_API_KEYS", "--config"])
def test_a_program_gives_the_keys(start_server, models, home, program, tmp_path, key_line, place):
    source = f"exec:{program(f'echo {chr(39)}{key_line}{chr(39)}')} with {CANARY}"
    arguments, env = [f"--model-repository={models}"], {"BUCKLER_HOME": str(home), "OTHER": CANARY}
    if place == "BUCKLER_API_KEYS":
        env[place] = source
    elif place == "--config":
        (tmp_path / "buckler.yaml").write_text(f"api-key-file: {source}\n")
        arguments.append(f"--config={tmp_path}/buckler.yaml")
    else:
        arguments.append(f"{place}={source}")
    server = start_server(*arguments, anonymous=False, env=env)
    assert server.get("/v2", headers=bearer(secret(key_line)))[0] == 200
    assert not (home / "access" / "first-key.txt").exists()
    assert (tmp_path / "give.runs").read_text() == "ran\n", "it runs once"
    log = server.log.read_text()
    assert CANARY not in log and secret(key_line) not in log


@pytest.mark.parametrize(
    "script, reason",
    [(f"echo {CANARY}; echo {CANARY} >&2; exit 3", "ended with status 3"),
     (f"echo {CANARY}; kill -9 $$", "was ended by signal 9"),
     (f"while :; do echo {CANARY}; done", "printed more than 65536 bytes"),
     ("exit 0", "printed nothing"),
     (f"echo {CANARY}", "the output of"),
     (f"echo {CANARY}; exec sleep 300", "took longer than 10.0 s")],
)
def test_a_program_that_fails_ends_the_start(start_server, models, home, program, script, reason):
    path = program(script)
    began = time.monotonic()
    server = start_server(f"--model-repository={models}", f"--api-key-file=exec:{path} {CANARY}", ready=False,
                          anonymous=False, env={"BUCKLER_HOME": str(home)})
    assert server.process.wait(25) == 1 and time.monotonic() - began < 20
    log = server.log.read_text()
    assert reason in log and str(path) in log and CANARY not in log


@pytest.mark.parametrize("source", ["exec:give", "exec:./give", "exec:", "exec: ", "exec:~/give"])
def test_a_program_is_named_by_its_whole_path(start_server, models, home, source):
    server = start_server(f"--model-repository={models}", f"--api-key-file={source}", ready=False, anonymous=False,
                          env={"BUCKLER_HOME": str(home)})
    assert server.process.wait(20) == 1
    assert "--api-key-file: exec: needs the absolute path of a program" in server.log.read_text()


def test_a_program_gives_the_private_key(start_server, models, home, program, tmp_path):
    certificates = tmp_path / "certs"
    subprocess.run([BUCKLER, "certs", "dev", "--directory", str(certificates)], check=True, capture_output=True)
    path = program(f"cat {certificates}/server.key")
    server = start_server("--profile=triton", f"--model-repository={models}", f"--tls-cert={certificates}/server.pem",
                          f"--tls-key=exec:{path}", ready=False, env={"BUCKLER_HOME": str(home)})
    command = [BUCKLER, "remote", "list", f"--url=https://localhost:{server.port}", f"--tls-ca={certificates}/ca.pem"]
    deadline = time.monotonic() + 20
    while (listed := subprocess.run(command, capture_output=True, text=True)).returncode:
        assert time.monotonic() < deadline and server.process.poll() is None, listed.stderr + server.log.read_text()
        time.sleep(0.1)
    assert "alpha" in listed.stdout
    assert (tmp_path / "give.runs").read_text() == "ran\n", "once for all listeners"


def test_clients_take_their_key_from_a_program(start_server, models, home, program, tmp_path, key_line):
    server = start_server(f"--model-repository={models}", anonymous=False,
                          env={"BUCKLER_HOME": str(home), "BUCKLER_API_KEYS": key_line})
    path = program(f"echo {secret(key_line)}; echo $EXTRA")
    command = [BUCKLER, "remote", "show", "alpha", f"--url=http://{server.url}"]
    plain = {**os.environ, "BUCKLER_API_KEY": ""}
    for arguments, env in [([f"--api-key-file=exec:{path}"], plain), ([], {**plain, "BUCKLER_API_KEY": f"exec:{path}"})]:
        asked = subprocess.run([*command, *arguments], env=env, capture_output=True, text=True)
        assert asked.returncode == 0 and "INPUT0" in asked.stdout, asked.stderr
    failing = program(f"echo {CANARY}; exit 7", "failing")
    asked = subprocess.run([*command, f"--api-key-file=exec:{failing} {CANARY}"], env=plain, capture_output=True,
                           text=True)
    assert asked.returncode != 0 and "ended with status 7" in asked.stderr and CANARY not in asked.stderr

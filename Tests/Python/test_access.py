# SPDX-License-Identifier: Apache-2.0
"""Who gets in, as clients and operators see it: a server as it is started without a word about access."""
import json
import os
import pty
import re
import select
import shlex
import shutil
import stat
import subprocess
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import grpc
import numpy as np
import pytest
import tritonclient.grpc as triton_grpc
import tritonclient.http as triton_http
from access import ALL, bearer, buckler, environment, make_key
from conftest import BUCKLER, free_port, identity_model
from tritonclient.utils import InferenceServerException

VALUES = np.array([[1, 2]], dtype=np.float32)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    repository = tmp_path_factory.mktemp("access")
    for name in ("alpha", "beta"):
        identity_model(repository, name, "TYPE_FP32")
    return repository


@pytest.fixture
def start(start_server, models, home):
    def start(*arguments, env=None, **options):
        return start_server(f"--model-repository={models}", *arguments, anonymous=False,
                            env={"BUCKLER_HOME": str(home), **(env or {})}, **options)

    return start


def infer(module, client, model="alpha", **options):
    tensor = module.InferInput("INPUT0", list(VALUES.shape), "FP32")
    tensor.set_data_from_numpy(VALUES)
    return client.infer(model, [tensor], **options).as_numpy("OUTPUT0")


@pytest.fixture
def clients(start, home):
    key = make_key(home, "ci", f"--scopes={ALL}")
    server = start()
    http, rpc = triton_http.InferenceServerClient(server.url), triton_grpc.InferenceServerClient(server.grpc_url)
    yield server, key, [(triton_http, http), (triton_grpc, rpc)]
    http.close()
    rpc.close()


def test_tritons_clients_work_with_a_header_and_not_without(clients):
    server, key, each = clients
    for module, client in each:
        for headers in [bearer(key), {"x-api-key": key}]:
            assert np.array_equal(infer(module, client, headers=headers), VALUES)
            assert client.is_model_ready("alpha", headers=headers)
            assert client.get_model_metadata("alpha", headers=headers)
        assert client.is_server_live() and client.is_server_ready()
        for headers in [None, bearer("wrong"), bearer(key[:-1]), {"authorization": f"Basic {key}"}]:
            with pytest.raises(InferenceServerException, match="a valid credential is needed"):
                infer(module, client, headers=headers)
    assert server.get("/v2")[0] == 401
    assert server.get("/metrics", port=server.metrics_port)[0] == 401
    assert server.get("/metrics", port=server.metrics_port, headers=bearer(key))[0] == 200


def test_a_stream_asks_for_each_of_its_models(start, home):
    key = make_key(home, "alpha-only", "--model=alpha")
    server = start()
    answers = []
    with triton_grpc.InferenceServerClient(server.grpc_url) as client:
        client.start_stream(lambda result, error: answers.append((result, error)), headers=bearer(key))
        for model in ("alpha", "beta", "no-such-model"):
            tensor = triton_grpc.InferInput("INPUT0", list(VALUES.shape), "FP32")
            tensor.set_data_from_numpy(VALUES)
            client.async_stream_infer(model, [tensor])
        deadline = time.monotonic() + 10
        while len(answers) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        client.stop_stream()
    assert sorted(error is None for _, error in answers) == [False, False, True]
    texts = sorted(str(error) for _, error in answers if error)
    assert "'beta' is not found" in texts[0]
    assert texts[0].replace("beta", "no-such-model") == texts[1]


def on_a_terminal(arguments, home, until, seconds=30):
    """What a server prints to the terminal that it is started on, up to a text; it is ended then."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([BUCKLER, "serve", *arguments], stdin=theirs, stdout=theirs, stderr=theirs,
                               env=environment(home), start_new_session=True)
    os.close(theirs)
    shown, deadline = b"", time.monotonic() + seconds
    try:
        while until not in shown.decode() and time.monotonic() < deadline:
            if select.select([ours], [], [], 0.2)[0]:
                shown += os.read(ours, 65536)
        yield shown.decode().replace("\r\n", "\n")
    finally:
        process.terminate()
        while True:
            # A process whose terminal nobody reads would wait for it for ever.
            try:
                if not os.read(ours, 65536):
                    break
            except OSError:
                break
        assert process.wait(20) == 0
        os.close(ours)


def test_a_terminal_is_shown_the_first_key_once_with_a_line_that_works(models, home):
    ports = [free_port() for _ in range(3)]
    arguments = [f"--model-repository={models}", f"--http-port={ports[0]}", f"--grpc-port={ports[1]}",
                 f"--metrics-port={ports[2]}"]
    with contextmanager(on_a_terminal)(arguments, home, "HTTPService") as shown:
        line = re.search(r"^ +(curl .*)$", shown, re.M)
        assert line, shown
        command, option, header, url = shlex.split(line[1])
        assert (command, option) == ("curl", "-H") and url == f"http://127.0.0.1:{ports[0]}/v2"
        name, key = header.split(": ", 1)
        with urllib.request.urlopen(urllib.request.Request(url, headers={name: key}), timeout=10) as answer:
            assert json.load(answer)["name"] == "triton"
    assert not (home / "access" / "first-key.txt").exists()
    secret = key.removeprefix("Bearer ").encode()
    for file in home.rglob("*"):
        assert not file.is_file() or secret not in file.read_bytes(), file
    with contextmanager(on_a_terminal)(arguments, home, "HTTPService") as shown:
        assert "curl" not in shown and "API key" not in shown


def test_the_first_start_makes_a_key_for_its_user_alone(start, home):
    server = start()
    path = home / "access" / "first-key.txt"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    key = path.read_text().strip()
    assert server.get("/v2", headers=bearer(key))[0] == 200
    assert server.get("/v2/logging", headers=bearer(key))[0] == 403
    log = server.log.read_text()
    assert str(path) in log and key not in log and key[20:] not in log
    server.stop()
    assert key not in (home / "access" / "keys.json").read_text()
    path.unlink()
    again = start()
    assert not path.exists(), "a server that has a key makes no other"
    assert again.get("/v2", headers=bearer(key))[0] == 200


@pytest.mark.parametrize("value", ["", ",", " ", ";", "\n", "#"])
def test_an_empty_list_of_keys_lets_nobody_in(start, value):
    """The commonly published sample: `set("".split(","))` is `{""}`, which a missing header equals."""
    server = start(env={"BUCKLER_API_KEYS": value}, ready=value != ",")
    if value == ",":
        assert server.process.wait(20) == 1
        assert "there is no API key" in server.log.read_text()
        return
    for headers in [{}, {"X-API-Key": ""}, {"X-API-Key": value.strip()}, {"Authorization": ""},
                    {"Authorization": "Bearer "}, {"Authorization": "Bearer ,"}]:
        assert server.get("/v2", headers=headers)[0] == 401


def test_keys_come_from_the_environment_and_are_not_left_in_it(start, home):
    line = buckler(home, "key", "create", "ci", "--print-only", "--expires=never").stdout.strip()
    key = re.search(r"key=(\S+)", line)[1]
    server = start(env={"BUCKLER_API_KEYS": line})
    assert server.get("/v2", headers=bearer(key))[0] == 200
    assert not (home / "access" / "first-key.txt").exists()


def test_revocation_acts_within_a_second(start, home):
    key, other = make_key(home, "ci"), make_key(home, "other")
    server = start()
    assert server.get("/v2", headers=bearer(key))[0] == 200
    with grpc.insecure_channel(server.grpc_url) as channel:
        watch = channel.unary_stream("/grpc.health.v1.Health/Watch")(b"", metadata=[("x-api-key", key)], timeout=10)
        assert next(watch)
        assert buckler(home, "key", "revoke", "ci").returncode == 0
        revoked = time.monotonic()
        while server.get("/v2", headers=bearer(key))[0] == 200:
            assert time.monotonic() - revoked < 1.5
            time.sleep(0.02)
        with pytest.raises(grpc.RpcError) as ended:
            next(watch)
        assert ended.value.code() == grpc.StatusCode.UNAUTHENTICATED
        assert time.monotonic() - revoked < 2
    assert server.get("/v2", headers=bearer(other))[0] == 200


def test_a_new_key_works_within_a_second_and_an_expired_one_ends(start, home):
    make_key(home, "first")
    server = start()
    key = make_key(home, "brief", "--expires=3s")
    made = time.monotonic()
    while server.get("/v2", headers=bearer(key))[0] != 200:
        assert time.monotonic() - made < 1.5
        time.sleep(0.02)
    while server.get("/v2", headers=bearer(key))[0] == 200:
        assert time.monotonic() - made < 5
        time.sleep(0.1)


def test_the_rate_of_a_key_is_kept_over_both_protocols(start, home):
    key = make_key(home, "slow", "--rate=6/m", "--burst=2")
    server = start()
    body = json.dumps({"inputs": [{"name": "INPUT0", "shape": [1, 1], "datatype": "FP32", "data": [1]}]}).encode()
    statuses, headers = [], None
    for _ in range(3):
        status, _, headers = server.post("/v2/models/alpha/infer", body, headers=bearer(key))
        statuses.append(status)
    assert statuses == [200, 200, 429]
    assert 1 <= int(headers["Retry-After"]) <= 10
    assert any(name.lower().startswith("ratelimit") for name in headers)
    with triton_grpc.InferenceServerClient(server.grpc_url) as client:
        with pytest.raises(InferenceServerException) as refused:
            infer(triton_grpc, client, headers=bearer(key))
    assert "RESOURCE_EXHAUSTED" in refused.value.status()
    assert server.get("/v2/models/alpha", headers=bearer(key))[0] == 429, "all that it asks for is counted"


def test_wrong_keys_are_throttled_and_good_ones_are_not(start, home):
    key = make_key(home, "ci")
    server = start()
    answers = [server.get("/v2", headers=bearer("bkl_wrong")) for _ in range(20)]
    assert [status for status, _, _ in answers[:10]] == [401] * 10
    assert 429 in [status for status, _, _ in answers]
    assert all(headers["Retry-After"] for status, _, headers in answers if status == 429)
    assert server.get("/v2", headers=bearer(key))[0] == 200
    assert server.get("/v2/health/live", headers=bearer("bkl_wrong"))[0] == 200


def test_nothing_of_a_hidden_model_is_to_be_seen(start, home):
    seeing = bearer(make_key(home, "all", f"--scopes={ALL}"))
    alpha = bearer(make_key(home, "alpha", f"--scopes={ALL}", "--model=alpha"))
    server = start("--model-control-mode=explicit", "--load-model=*", "--trace-config=triton,file=/dev/null",
                   "--trace-config=rate=1")
    body = json.dumps({"inputs": [{"name": "INPUT0", "shape": [1, 1], "datatype": "FP32", "data": [1]}]}).encode()
    for model in ("alpha", "beta"):
        assert server.post(f"/v2/models/{model}/infer", body, headers=seeing)[0] == 200
    for path, method, port in [("/v2/repository/index", "POST", None), ("/v2/models/stats", "GET", None),
                               ("/metrics", "GET", server.metrics_port)]:
        full, part = (server.request(method, path, b"" if method == "POST" else None, headers=who, port=port)[1]
                      for who in (seeing, alpha))
        assert b"beta" in full and b"alpha" in part and b"beta" not in part, path
    asked = [(path, method) for action in ("", "/ready", "/config", "/stats", "/versions/1", "/versions/2/ready",
                                           "/versions/0", "/trace/setting", "/infer", "/generate", "/nothing")
             for path in [f"/v2/models/NAME{action}"] for method in ("GET", "POST", "PUT", "HEAD")]
    asked += [(f"/v2/repository/models/NAME/{action}", "POST") for action in ("load", "unload")]
    for path, method in asked:
        def answer(name, who):
            status, text, headers = server.request(
                method, path.replace("NAME", name), body if method == "POST" else None, headers=who)
            kept = {name: value for name, value in headers.items() if name.lower() not in ("date", "content-length")}
            return status, text.replace(name.encode(), b"NAME"), kept

        hidden = answer("beta", alpha)
        assert hidden == answer("none", alpha), f"{method} {path}"
        # Within reach, what is not loaded is unloaded all the same, and trace settings are read before the model is.
        if not path.endswith("/unload") and (method, path[-13:]) != ("POST", "trace/setting"):
            assert hidden == answer("none", seeing), f"{method} {path}"
    assert server.get("/v2/models/beta/ready", headers=seeing)[0] == 200


def test_nothing_of_a_hidden_model_is_to_be_seen_over_grpc(start, home):
    alpha = bearer(make_key(home, "alpha", f"--scopes={ALL}", "--model=alpha"))
    seeing = bearer(make_key(home, "all", f"--scopes={ALL}"))
    server = start()
    with triton_grpc.InferenceServerClient(server.grpc_url) as client:
        assert "beta" not in str(client.get_model_repository_index(headers=alpha))
        assert "beta" not in str(client.get_inference_statistics(headers=alpha))
        assert "beta" in str(client.get_model_repository_index(headers=seeing))
        calls = [client.is_model_ready, client.get_model_metadata, client.get_model_config,
                 client.get_inference_statistics, client.get_trace_settings,
                 lambda name, headers: infer(triton_grpc, client, name, headers=headers)]
        for call in calls:
            def answer(name, headers):
                with pytest.raises(InferenceServerException) as error:
                    call(name, headers=headers)
                return error.value.status(), error.value.message().replace(name, "NAME")

            assert answer("beta", alpha) == answer("none", alpha) == answer("none", seeing)


def test_what_concerns_all_models_is_for_who_may_see_all(start, home):
    alpha = bearer(make_key(home, "alpha", f"--scopes={ALL}", "--model=alpha"))
    seeing = bearer(make_key(home, "all", f"--scopes={ALL}"))
    server = start()
    for path in ("/v2/trace/setting", "/v2/logging"):
        for method, body in (("GET", None), ("POST", b"{}")):
            assert server.request(method, path, body, headers=seeing)[0] == 200
            status, text, _ = server.request(method, path, body, headers=alpha)
            assert status == 403 and b"limited to some models" in text, f"{method} {path}"
    assert server.get("/v2/models/alpha/trace/setting", headers=alpha)[0] == 200
    with triton_grpc.InferenceServerClient(server.grpc_url) as client:
        for call in (client.get_trace_settings, client.get_log_settings,
                     lambda headers: client.update_log_settings({"log_verbose_level": 0}, headers=headers)):
            call(headers=seeing)
            with pytest.raises(InferenceServerException, match="limited to some models") as error:
                call(headers=alpha)
            assert error.value.status() == "StatusCode.PERMISSION_DENIED"
        client.get_trace_settings("alpha", headers=alpha)


def test_a_server_without_tls_stays_on_loopback(start, home):
    """CVE-2024-35199, CVE-2025-32444: listeners on all interfaces that nobody asked for, or nobody guards."""
    make_key(home, "ci")
    for flag in ("--http-address", "--grpc-address", "--metrics-address"):
        server = start(f"{flag}=0.0.0.0", ready=False)
        assert server.process.wait(20) == 1
        text = server.log.read_text()
        assert f"{flag}=0.0.0.0 would let other machines reach this server without TLS" in text
    server = start()
    listening = [line.split()[1:4] for table in ("tcp", "tcp6")
                 for line in open(f"/proc/{server.process.pid}/net/{table}").readlines()[1:]]
    ports = {server.port, server.grpc_port, server.metrics_port}
    addresses = {local for local, _, state in listening if state == "0A" and int(local.split(":")[1], 16) in ports}
    assert len(addresses) == 3 and all(local.startswith("0100007F:") for local in addresses)


@pytest.mark.skipif(os.geteuid() != 0, reason="not proven here: the tests do not run as root, who can stand for another user")
@pytest.mark.parametrize("command", [["ledger", "key"], ["key", "create", "a"], ["key", "list"], ["serve", "MODELS"]])
def test_what_another_user_owns_is_an_error_with_the_command_to_type(models, command):
    # Where that user can come to, as he cannot to the tests' own directories.
    place = Path(tempfile.mkdtemp(prefix="buckler-access-", dir="/tmp"))
    try:
        program = shutil.copy(BUCKLER, place / "buckler")
        place.chmod(0o755)
        (place / "models").mkdir()
        home = place / "home"
        (home / "access").mkdir(parents=True)
        (home / "ledger").mkdir()
        os.chown(home, 65534, 65534)
        for inner in ("access", "ledger"):
            (home / inner).chmod(0o700)
        arguments = [f"--model-repository={place}/models" if argument == "MODELS" else argument for argument in command]
        ended = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program, *arguments],
                               env=environment(home), capture_output=True, text=True, timeout=30)
        assert ended.returncode == 1 and "type: sudo chown -R" in ended.stderr, ended.stderr
    finally:
        shutil.rmtree(place)


def test_a_home_that_is_a_file_is_said_to_be_one(tmp_path):
    home = tmp_path / "file"
    home.write_text("")
    ended = buckler(home, "key", "create", "a")
    assert ended.returncode == 1 and "Buckler's own directory is a file" in ended.stderr and "type: mv " in ended.stderr


def test_a_home_that_cannot_be_written_is_an_error_with_the_command_to_type(models, tmp_path):
    (tmp_path / "file").write_text("")
    ended = subprocess.run([BUCKLER, "serve", f"--model-repository={models}", "--http-port=0", "--grpc-port=0",
                            "--metrics-port=0"], env=environment(tmp_path / "file" / "home"), capture_output=True,
                           text=True, timeout=30)
    assert ended.returncode == 1
    assert "Buckler's own directory cannot be written" in ended.stderr and "export BUCKLER_HOME" in ended.stderr


def test_no_profile_is_open_without_a_word(start, models):
    """CVE-2023-48022: an interface that runs what it is told, without any credential, by default."""
    server = start()
    for method, path in [("POST", "/v2/repository/models/alpha/load"), ("POST", "/v2/logging"), ("GET", "/v2/logging"),
                         ("POST", "/v2/trace/setting"), ("POST", "/v2/systemsharedmemory/region/x/register"),
                         ("POST", "/v2/models/alpha/infer"), ("GET", "/v2/models/alpha"), ("GET", "/v2")]:
        assert server.request(method, path, b"{}" if method == "POST" else None)[0] == 401
    open_server = start("--profile=triton")
    assert open_server.get("/v2")[0] == 200
    assert "--profile triton" in open_server.log.read_text()


def test_no_command_is_offered_for_what_is_not_bucklers(models, tmp_path, home):
    for argument in ("--ledger-directory=/proc/audit", "--api-key-file=/proc/1/mem"):
        ended = buckler(home, "serve", f"--model-repository={models}", argument)
        assert ended.returncode == 1 and "chown" not in ended.stderr + ended.stdout


@pytest.mark.parametrize("argument", ["--ledger-allow=sampled:0", "--ledger-allow=summary:x", "--api-key-file=exec:nosuch",
                                      "--http-address=0.0.0.0", "--default-rate=5", "--cors-origin=https://a:443",
                                      "--trusted-proxy=x", "--tls-client-rule=x", "--jwt-algorithm=RS256"])
def test_config_show_refuses_what_serve_refuses(models, home, argument):
    for command in (["config", "show"], ["serve"]):
        ended = buckler(home, *command, f"--model-repository={models}", argument)
        assert ended.returncode == 1, (command, ended.stdout, ended.stderr)

# SPDX-License-Identifier: Apache-2.0
"""The audit log of a real server: what is in it, what can never be, and what is found when it is changed."""
import hashlib
import json
import queue
import re
import shutil
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy
import pytest
import tritonclient.grpc as triton_grpc
from access import ALL, bearer, buckler, exchange, ledger_files, ledger_lines, make_key
from conftest import ADMIT_ALL, eventually, identity_model

INFER = json.dumps({"inputs": [{"name": "INPUT0", "shape": [1, 1], "datatype": "FP32", "data": [1]}]}).encode()


def verify(home, directory=None, *arguments):
    return buckler(home, "ledger", "verify", directory or home / "log", *arguments)


def test_each_decision_has_its_line_and_no_secret_is_in_any(serve, home):
    keys = {name: make_key(home, name, f"--scopes={scopes}")
            for name, scopes in [("all", ALL), ("reader", "metadata")]}
    server = serve()
    asked = [
        ("POST", "/v2/models/alpha/infer", INFER, "all", 200, "allow", "infer"),
        ("POST", "/v2/models/none/infer", INFER, "all", 404, "allow", "infer"),
        ("POST", "/v2/models/alpha/infer", INFER, "reader", 403, "deny", "infer"),
        ("POST", "/v2/models/alpha/infer", INFER, None, 401, "deny", "infer"),
        ("GET", "/v2/models/alpha", None, "reader", 200, "allow", "model.metadata"),
        ("GET", "/v2/nothing", None, "reader", 404, "allow", "unknown"),
        ("GET", "/v2/nothing", None, None, 401, "deny", "unknown"),
        ("POST", "/v2/logging", b'{"log_verbose_level":0}', "all", 200, "act", "log.set"),
        ("POST", "/v2/repository/models/alpha/load", b"", "all", 503, "act", "repository.load"),
        ("GET", "/v2/health/live", None, "all", 200, None, None),
        ("GET", "/v2/health/live", None, None, 200, None, None),
    ]
    for number, (method, path, body, who, status, _, _) in enumerate(asked):
        headers = {**(bearer(keys[who]) if who else {}), "X-Request-Id": f"request-{number}"}
        assert server.request(method, path, body, headers=headers)[0] == status, path
    declared = exchange(server.port, f"POST /v2/models/alpha/infer HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {keys['all']}\r\n"
                        "X-Request-Id: request-large\r\nContent-Length: 99999999999\r\n\r\n")
    assert declared.startswith(b"HTTP/1.1 400 ")
    with socket.create_connection(("127.0.0.1", server.port)) as leaving:
        leaving.sendall(f"POST /v2/models/alpha/infer HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {keys['all']}\r\n"
                        "X-Request-Id: request-left\r\nContent-Length: 100\r\n\r\n{".encode())
        time.sleep(0.2)
    time.sleep(0.3)
    server.stop()
    lines = {line["request"]: line for line in ledger_lines(home / "log")}
    for number, (_, path, _, who, status, kind, route) in enumerate(asked):
        line = lines.pop(f"request-{number}", None)
        if kind is None:
            assert line is None, "whether the server is up is everyone's and nobody's business"
            continue
        assert (line["kind"], line["route"], line["status"]) == (kind, route, status), path
        assert line["principal"] == (who or "anonymous") and line["address"] == "127.0.0.1"
    assert lines.pop("request-large")["status"] == 400
    assert lines.pop("request-left")["status"] == 499
    text = b"".join(file.read_bytes() for file in [*ledger_files(home / "log"), server.log])
    for key in keys.values():
        assert key.encode() not in text and key[17:].encode() not in text
    verified = verify(home)
    assert verified.returncode == 0 and "intact" in verified.stdout, verified.stdout
    assert "0 after the last checkpoint" in verified.stdout


def test_what_is_allowed_over_grpc_is_in_it_too(serve, home):
    import grpc

    key = make_key(home, "ci")
    server = serve()
    with grpc.insecure_channel(server.grpc_url) as channel:
        for path, who, code in [("ServerMetadata", [("x-api-key", key)], None), ("ServerMetadata", [], "UNAUTHENTICATED"),
                                ("Nope", [("x-api-key", key)], "UNIMPLEMENTED"), ("Nope", [], "UNAUTHENTICATED"),
                                ("LogSettings", [("x-api-key", key)], "PERMISSION_DENIED")]:
            call = channel.unary_unary(f"/inference.GRPCInferenceService/{path}")
            try:
                call(b"", metadata=who, timeout=10)
                assert code is None
            except grpc.RpcError as error:
                assert error.code().name == code
    server.stop()
    assert [(line["kind"], line["route"], line["status"]) for line in ledger_lines(home / "log")] == [
        ("allow", "server.metadata", 0), ("deny", "server.metadata", 16), ("allow", "unknown", 12),
        ("deny", "unknown", 16), ("deny", "log.set", 7)]


HOSTILE = ["a\r\nb", "a\nb", 'x","kind":"allow","principal":"root', "x\x1b[31m", "x\u2028y", "\\u000a", "x\x00y", "é\x7f",
           "%0d%0a", "\\", '"']


def test_cve_2024_0095_no_line_can_be_forged(serve, home):
    """Request ids, names of models and of keys of metadata, over both protocols; the server's own log too."""
    import tritonclient.grpc as triton_grpc
    from tritonclient.utils import InferenceServerException

    key = make_key(home, "ci", f"--scopes={ALL}")
    server = serve("--log-verbose=1")
    count = 0
    for text in HOSTILE:
        raw = text.encode("utf-8")
        for place in (b"GET /v2/models/%s HTTP/1.1\r\nHost: localhost\r\nX-API-Key: %s\r\nConnection: close\r\n\r\n"
                      % (raw, key.encode()),
                      b"POST /v2/repository/models/%s/load HTTP/1.1\r\nHost: localhost\r\nX-API-Key: %s\r\nContent-Length: 0\r\n"
                      b"Connection: close\r\n\r\n" % (raw, key.encode()),
                      b"GET /v2 HTTP/1.1\r\nHost: localhost\r\nX-API-Key: %s\r\nConnection: close\r\nX-Request-Id: %s\r\n\r\n"
                      % (key.encode(), raw)):
            exchange(server.port, place)
            count += 1
        with triton_grpc.InferenceServerClient(server.grpc_url) as client:
            with pytest.raises(InferenceServerException):
                client.get_model_metadata(text.replace("\x00", ""), headers=bearer(key))
    server.stop()
    written = b"".join(file.read_bytes() for file in ledger_files(home / "log"))
    assert all(letter.isprintable() or letter == "\n" for letter in written.decode())
    lines = ledger_lines(home / "log")
    assert len(HOSTILE) < len(lines) <= count + len(HOSTILE)
    assert {line["principal"] for line in lines} <= {"ci", "anonymous"}
    assert verify(home).returncode == 0
    log = server.log.read_bytes()
    assert b"\x1b" not in log and b"\r" not in log and b"\x00" not in log
    # Every line begins as a line of the log does, or belongs to its table of models.
    for line in log.decode().splitlines():
        assert re.match(r"[IWEV]\d{4} |[+|]|there was|$", line), line


def test_a_change_of_one_byte_is_found_wherever_it_is(serve, home, tmp_path):
    key = make_key(home, "ci")
    server = serve()
    for _ in range(20):
        server.post("/v2/models/alpha/infer", INFER, headers=bearer(key))
    server.stop()
    assert verify(home).returncode == 0
    file = ledger_files(home / "log")[0]
    content = file.read_bytes()
    for place in range(0, len(content), len(content) // 40):
        copy = tmp_path / "copy"
        shutil.copytree(home / "log", copy)
        (copy / file.name).write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1:])
        found = verify(home, copy)
        assert found.returncode == 1 and "tampered" in found.stdout, f"at {place}: {found.stdout}"
        shutil.rmtree(copy)
    lines = content.splitlines(keepends=True)
    for changed in (lines[:5] + lines[6:], lines[:5] + lines[4:], lines[:4] + [lines[5], lines[4]] + lines[6:]):
        copy = tmp_path / "copy"
        shutil.copytree(home / "log", copy)
        (copy / file.name).write_bytes(b"".join(changed))
        assert verify(home, copy).returncode == 1
        shutil.rmtree(copy)


def test_a_checkpoint_kept_elsewhere_finds_what_was_cut_off(serve, home, tmp_path):
    key = make_key(home, "ci")
    server = serve(f"--ledger-checkpoint-file={tmp_path}/checkpoints")
    for _ in range(20):
        server.post("/v2/models/alpha/infer", INFER, headers=bearer(key))
    server.stop()
    arguments = ("--checkpoint", tmp_path / "checkpoints")
    assert verify(home, None, *arguments).returncode == 0
    file = ledger_files(home / "log")[0]
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:6]))
    assert verify(home).returncode == 0, "nobody can tell without it"
    assert verify(home, None, *arguments).returncode == 1


def test_a_directory_that_cannot_be_written_is_an_error_at_start(serve, tmp_path):
    (tmp_path / "file").write_text("")
    server = serve(f"--ledger-directory={tmp_path}/file/log", ready=False)
    assert server.process.wait(20) == 1
    assert "audit log" in server.log.read_text()


@pytest.mark.parametrize("setting, status", [("refuse", 503), ("continue", 200)])
def test_while_it_cannot_be_written_requests_are_refused_unless_told_otherwise(serve, home, setting, status):
    key = make_key(home, "ci")
    server = serve(f"--ledger-quota-byte-size={1 << 20}", "--ledger-retain-days=1", f"--ledger-on-failure={setting}")
    # A line for each request, until the quota is used up.
    for _ in range(8000):
        if server.post("/v2/models/alpha/infer", INFER, headers=bearer(key))[0] != 200:
            break
        if "the audit log cannot be written" in server.log.read_text():
            break
    assert server.post("/v2/models/alpha/infer", INFER, headers=bearer(key))[0] == status, server.log.read_text()
    assert server.get("/v2/health/live")[0] == 200
    assert server.get("/v2")[0] == 401


def test_a_quota_smaller_than_a_file_lets_the_oldest_give_way(serve, home):
    key = make_key(home, "ci")
    server = serve(f"--ledger-quota-byte-size={1 << 20}")
    for _ in range(4000):
        assert server.post("/v2/models/alpha/infer", INFER, headers=bearer(key))[0] == 200
    server.stop()
    assert sum(file.stat().st_size for file in ledger_files(home / "log")) <= 1 << 20
    assert verify(home).returncode == 0


def test_who_was_answered_has_a_line_however_full_it_is(serve, home):
    key = make_key(home, "ci")
    server = serve(f"--ledger-quota-byte-size={1 << 20}", "--ledger-retain-days=1")
    answered = [[] for _ in range(8)]
    refused = threading.Event()

    def call(lane):
        for number in range(2000):
            name = f"lane-{lane}-{number}"
            status = server.post("/v2/models/alpha/infer", INFER, headers={**bearer(key), "X-Request-Id": name})[0]
            if status != 200:
                assert status == 503
                refused.set()
                # More come while it is full.
                if number % 5 == 0:
                    return
                continue
            answered[lane].append(name)

    with ThreadPoolExecutor(len(answered)) as pool:
        list(pool.map(call, range(len(answered))))
    assert refused.is_set()
    assert eventually(lambda: "the audit log cannot be written" in server.log.read_text())
    assert server.post("/v2/models/alpha/infer", INFER, headers=bearer(key))[0] == 503
    server.stop()
    known = {line["request"] for line in ledger_lines(home / "log") if line["kind"] == "allow"}
    assert {name for lane in answered for name in lane} <= known
    assert re.search(rb'"kind":"lost","lines":0,"refused":[1-9]', ledger_files(home / "log")[-1].read_bytes())
    assert sum(file.stat().st_size for file in ledger_files(home / "log")) <= 1 << 20
    assert verify(home).returncode == 0


def test_a_call_over_grpc_says_which_model_it_was_about(serve, home):
    key = make_key(home, "ci")
    server = serve()
    with triton_grpc.InferenceServerClient(server.grpc_url) as client:
        assert client.is_model_ready("alpha", headers=bearer(key))
    server.stop()
    assert [line["model"] for line in ledger_lines(home / "log") if line["route"] == "model.ready"] == ["alpha"]


def test_a_ledger_signed_with_a_key_of_somebody_elses_is_not_ours(serve, home, tmp_path):
    make_key(home, "ci")
    serve().stop()
    assert verify(home).returncode == 0
    (home / "access" / "ledger.key").unlink()
    assert buckler(home, "ledger", "key").returncode == 0
    found = verify(home)
    assert found.returncode == 1 and "not one that is trusted" in found.stdout


def test_files_that_are_missing_from_the_beginning_are_missed(serve, home):
    key = make_key(home, "ci")
    server = serve("--ledger-file-byte-size=65536", "--ledger-checkpoint-lines=20")
    for _ in range(500):
        server.post("/v2/models/alpha/infer", INFER, headers=bearer(key))
    server.stop()
    files = ledger_files(home / "log")
    assert len(files) > 2 and verify(home).returncode == 0
    assert verify(home, files[-1]).returncode == 0, "one file is one file"
    files[0].unlink()
    found = verify(home)
    assert found.returncode == 1 and "was not removed by the server" in found.stdout


def append_without_a_key(directory, content):
    """A line at the end that fits the chain, as anyone can reckon it."""
    last = None
    for file in ledger_files(directory):
        for line in file.read_bytes().splitlines():
            fields = json.loads(line)
            if fields["kind"] == "genesis":
                last = bytes.fromhex(fields["hash"]) if "hash" in fields else bytes(32)
            last = hashlib.sha256(last + line[:line.rindex(b',"chain":')]).digest()
            assert last.hex()[:32] == fields["chain"]
    line = f'{{"seq":{fields["seq"] + 1},"time":"{fields["time"]}",{content}'.encode()
    with open(file, "ab") as end:
        end.write(line + b',"chain":"' + hashlib.sha256(last + line).hexdigest()[:32].encode() + b'"}\n')


@pytest.mark.parametrize("count", ["first", "all but last"])
def test_that_the_server_removed_a_file_only_the_server_can_say(serve, home, count):
    key = make_key(home, "ci")
    arguments = ("--ledger-file-byte-size=65536", "--ledger-checkpoint-lines=20")
    server = serve(*arguments)
    for _ in range(500):
        server.post("/v2/models/alpha/infer", INFER, headers=bearer(key))
    server.stop()
    files = ledger_files(home / "log")
    gone = files[:1] if count == "first" else files[:-1]
    assert len(files) > 2
    for file in gone:
        file.unlink()
    append_without_a_key(home / "log", f'"kind":"removed","file":"{gone[-1].name}"')
    found = verify(home)
    assert found.returncode == 1 and "was not removed by the server" in found.stdout
    # A server that starts now signs the line; it does not make it true.
    serve(*arguments).stop()
    found = verify(home)
    assert found.returncode == 1 and "was not removed by the server" in found.stdout
    assert "; 0 after the last checkpoint" in found.stdout


def digest(directory, configuration, labels=b""):
    """What a version's digest is said to be made of, made of it by others."""
    lines = ["buckler model 1"]
    for file in sorted((file for file in directory.rglob("*") if file.is_file()), key=lambda file: bytes(file)):
        path = str(file.relative_to(directory))
        content = file.read_bytes()
        lines.append(f"file {hashlib.sha256(content).hexdigest()} {len(content)} {len(path.encode())} {path}")
    lines += [f"labels {hashlib.sha256(labels).hexdigest()}", f"config {hashlib.sha256(configuration).hexdigest()}", ""]
    return "sha256:" + hashlib.sha256("\n".join(lines).encode()).hexdigest()


def test_each_inference_names_the_version_and_the_digest_of_what_answered(serve, start_server, home, tmp_path):
    key = make_key(home, "ci", f"--scopes={ALL}")
    repository = tmp_path / "versions"
    for name in ("echo", "other"):
        identity_model(repository, name, "TYPE_FP32")
    (repository / "echo/1/data").mkdir()
    (repository / "echo/1/data/weights").write_bytes(b"\x00" * (3 << 20))
    (repository / "echo/1/note\nfile").write_text("x")
    server = start_server(f"--model-repository={repository}", f"--ledger-directory={home}/log", anonymous=False,
                          env={"BUCKLER_HOME": str(home)}, *["--model-control-mode=explicit", "--load-model=echo",
                                                             "--load-model=other", ADMIT_ALL])
    configuration = server.get("/v2/models/echo/config", headers=bearer(key))[1]
    first = digest(repository / "echo/1", configuration)

    def infer(path, request, **options):
        return server.post(f"/v2/models/{path}", INFER, headers={**bearer(key), "X-Request-Id": request}, **options)

    def infer_over_grpc(request, stream=False):
        with triton_grpc.InferenceServerClient(server.grpc_url) as client:
            tensor = triton_grpc.InferInput("INPUT0", [1, 1], "FP32")
            tensor.set_data_from_numpy(numpy.ones((1, 1), numpy.float32))
            if not stream:
                return client.infer("echo", [tensor], request_id=request, headers={**bearer(key), "x-request-id": request})
            answers = queue.Queue()
            client.start_stream(lambda result, error: answers.put(error), headers=bearer(key))
            client.async_stream_infer("echo", [tensor], request_id=request)
            assert answers.get(timeout=10) is None

    assert infer("echo/infer", "http")[0] == 200
    assert infer("echo/versions/1/infer", "versioned")[0] == 200
    assert infer("none/infer", "none")[0] == 404
    infer_over_grpc("grpc")
    infer_over_grpc("stream", stream=True)
    (repository / "echo/1/data/weights").write_bytes(b"\x00" * (3 << 20) + b"\x01")
    assert infer("echo/infer", "unchanged")[0] == 200
    load = {**bearer(key), "X-Request-Id": "load"}
    assert server.post("/v2/repository/models/echo/load", headers=load)[0] == 200
    second = digest(repository / "echo/1", configuration)
    assert infer("echo/infer", "changed")[0] == 200
    with triton_grpc.InferenceServerClient(server.grpc_url) as client:
        client.load_model("echo", headers={**bearer(key), "x-request-id": "grpc-load"})
        client.unload_model("echo", headers={**bearer(key), "x-request-id": "grpc-unload"})
    assert server.post("/v2/repository/models/other/unload", headers={**bearer(key), "X-Request-Id": "unload"})[0] == 200
    server.stop()
    lines = {line["request"]: line for line in ledger_lines(home / "log")}
    assert first != second
    for request, expected in [("http", first), ("versioned", first), ("grpc", first), ("stream", first),
                              ("unchanged", first), ("load", second), ("changed", second), ("grpc-load", second),
                              ("grpc-unload", second)]:
        line = lines[request]
        assert (line["model"], line["version"], line["digest"]) == ("echo", 1, expected), request
    assert "digest" not in lines["none"]
    assert lines["unload"]["model"] == "other" and re.fullmatch("sha256:[0-9a-f]{64}", lines["unload"]["digest"])
    assert verify(home).returncode == 0


IN_A_MACHINE_WITH_A_LOG = """set -e
dev=$1; log=$2; shift 2
mount -t tmpfs none "$dev"
for name in null zero random urandom; do touch "$dev/$name"; mount --bind "/dev/$name" "$dev/$name"; done
mkdir "$dev/shm"; touch "$dev/log"; mount --bind "$log" "$dev/log"; mount --rbind "$dev" /dev
exec "$@"
"""


def test_checkpoints_reach_the_systems_log(serve, home, tmp_path):
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0:
        pytest.skip("not proven here: no mount namespace of its own can be had")
    key = make_key(home, "ci")
    (tmp_path / "dev").mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(str(tmp_path / "log"))
        log.settimeout(10)
        server = serve("--ledger-checkpoint-syslog", "--ledger-checkpoint-lines=4",
                       prefix=["unshare", "-m", "bash", "-c", IN_A_MACHINE_WITH_A_LOG, "_", tmp_path / "dev",
                               tmp_path / "log"])
        for _ in range(8):
            server.post("/v2/models/alpha/infer", INFER, headers=bearer(key))
        datagram = log.recv(4096).decode()
        assert re.match(r'<85>1 \S+Z \S+ buckler \d+ checkpoint - \{"seq":\d+,.*"signature":"[0-9a-f]{128}"', datagram)
        server.stop()
        datagrams = [datagram]
        log.setblocking(False)
        try:
            while True:
                datagrams.append(log.recv(4096).decode())
        except BlockingIOError:
            pass
    sent = [datagram.partition(" - ")[2] for datagram in datagrams]
    written = [line for file in ledger_files(home / "log") for line in file.read_text().splitlines()
               if '"kind":"checkpoint"' in line]
    assert sent == written


def test_a_systems_log_that_is_not_there_is_said_and_stops_nothing(serve, home):
    if Path("/dev/log").exists():
        pytest.skip("not proven here: this machine has a log")
    key = make_key(home, "ci")
    server = serve("--ledger-checkpoint-syslog", "--ledger-checkpoint-lines=2")
    for _ in range(8):
        assert server.post("/v2/models/alpha/infer", INFER, headers=bearer(key))[0] == 200
    server.stop()
    assert "syslog /dev/log" in server.log.read_text()
    assert verify(home).returncode == 0


def test_nobody_outside_can_hide_lines_from_who_reads_them(serve, home):
    server = serve()
    for request in ("-----BEGIN", "-----BEGIN PRIVATE KEY-----", "bkl_", "x"):
        server.get("/v2/models/alpha", headers={"X-Request-Id": request})
    server.stop()
    directory = home / "log"
    shown = buckler(home, "ledger", "show", directory)
    lines = buckler(home, "ledger", "show", directory, "--json").stdout.splitlines()
    kept = [line for file in sorted(directory.glob("*.jsonl")) for line in file.read_text().splitlines()]
    assert lines == kept[-len(lines):] and all(json.loads(line) for line in lines)
    assert sum(" deny " in line for line in shown.stdout.splitlines()) == 4

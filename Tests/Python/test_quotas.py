# SPDX-License-Identifier: Apache-2.0
"""How much a key may do, and for how long what was begun with it goes on."""
import gzip
import http.client
import json
import socket
import threading
import time

import grpc
import numpy as np
import pytest
import tritonclient.grpc as triton_grpc
from access import ALL, bearer, buckler, ledger_lines, make_key
from conftest import identity_model
from tritonclient.grpc import service_pb2_grpc
from tritonclient.utils import InferenceServerException


def body(count):
    tensor = {"name": "INPUT0", "shape": [1, count], "datatype": "FP32", "data": [1.5] * count}
    return json.dumps({"inputs": [tensor]}).encode()


@pytest.fixture
def start(start_server, home, tmp_path):
    for name, delay in (("quick", 0), ("slow", 1500), ("other", 0)):
        identity_model(tmp_path / "models", name, "TYPE_FP32",
                       extra=f'parameters [{{ key: "execute_delay_ms" value: {{ string_value: "{delay}" }} }}]')

    def start(*arguments):
        return start_server(f"--model-repository={tmp_path}/models", f"--ledger-directory={home}/log", *arguments,
                            anonymous=False, env={"BUCKLER_HOME": str(home)})

    return start


def test_a_key_is_held_to_its_bytes_over_both_protocols(start, home):
    keys = [make_key(home, name, "--bytes-per-second=1K") for name in ("http", "grpc")]
    server = start()
    path = "/v2/models/quick/infer"
    assert server.post(path, body(4000), headers=bearer(keys[0]))[0] == 200
    status, text, headers = server.post(path, body(1), headers=bearer(keys[0]))
    assert status == 429 and b"bytes" in text and int(headers["Retry-After"]) > 1, text
    with triton_grpc.InferenceServerClient(server.grpc_url) as client:
        values = np.ones((1, 4000), dtype=np.float32)
        tensor = triton_grpc.InferInput("INPUT0", values.shape, "FP32")
        tensor.set_data_from_numpy(values)
        client.infer("quick", [tensor], headers=bearer(keys[1]))
        with pytest.raises(InferenceServerException, match="RESOURCE_EXHAUSTED"):
            client.infer("quick", [tensor], headers=bearer(keys[1]))


def test_all_calls_of_a_key_count_and_those_of_everyone_do_not(start, home):
    key = make_key(home, "few", "--rate=2/m", "--burst=2")
    server = start()
    for expected in (200, 200, 429):
        assert server.get("/v2/models/quick", headers=bearer(key))[0] == expected
        assert server.get("/v2/health/ready", headers=bearer(key))[0] == 200


def ask_from(server, address, path="/v2/models/quick", headers={}):
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10, source_address=(address, 0))
    client.request("GET", path, headers=headers)
    status = client.getresponse().status
    client.close()
    return status


def test_who_has_no_rate_of_his_own_has_the_default_and_without_a_key_it_is_his_address_that_counts(start, home):
    slow, quick = make_key(home, "slow"), make_key(home, "quick", "--rate=100/s")
    server = start("--anonymous-scope=metadata", "--default-rate=2/m")
    assert [ask_from(server, "127.0.0.2") for _ in range(2)] == [200, 429]
    assert [ask_from(server, "127.0.0.3") for _ in range(2)] == [200, 429]
    assert [ask_from(server, "127.0.0.2", headers=bearer(slow)) for _ in range(2)] == [200, 429]
    assert [ask_from(server, "127.0.0.2", headers=bearer(quick)) for _ in range(3)] == [200] * 3


def test_bytes_without_a_key_are_counted_by_address(start, home):
    server = start("--anonymous-scope=infer", "--default-bytes-per-second=1K")
    path = "/v2/models/quick/infer"
    assert [server.post(path, body(4000))[0] for _ in range(2)] == [200, 429]


@pytest.mark.parametrize("flag, text", [
    ("--default-rate=fast", "--default-rate: 'fast' is not a rate: write 100/s, 600/m or 10/h"),
    ("--default-rate=0/s", "--default-rate: the rate of requests per second is from 0.001 to"),
    ("--default-bytes-per-second=1X", "--default-bytes-per-second: '1X' is not a number of bytes per second"),
])
def test_a_default_that_is_no_rate_is_refused_by_name(home, tmp_path, flag, text):
    told = buckler(home, "serve", f"--model-repository={tmp_path}", flag)
    assert told.returncode != 0 and text in told.stderr + told.stdout


def test_one_model_is_not_filled_by_one_principal(start, home):
    keys = [make_key(home, name) for name in ("busy", "else")]
    server = start("--max-requests-per-principal-and-model=1")
    statuses = []

    def ask(model, key):
        statuses.append((model, server.post(f"/v2/models/{model}/infer", body(1), headers=bearer(key))[0]))

    first = threading.Thread(target=ask, args=("slow", keys[0]))
    first.start()
    time.sleep(0.5)
    ask("slow", keys[0])
    ask("quick", keys[0])
    ask("quick", keys[0])
    first.join()
    ask("slow", keys[0])
    ask("slow", keys[1])
    assert statuses == [("slow", 429), ("quick", 200), ("quick", 200), ("slow", 200), ("slow", 200), ("slow", 200)]


def test_what_a_key_has_begun_to_send_ends_with_it(start, home):
    key = make_key(home, "leaver", f"--scopes={ALL}")
    server = start("--model-control-mode=explicit", "--load-model=*")
    content = body(4)
    asked = [("/v2/models/quick/infer", content), ("/v2/models/quick/generate", b"{}"),
             ("/v2/logging", b'{"log_verbose_level":3}'), ("/v2/repository/models/other/unload", b"{}"),
             ("/v2/repository/index", b"{}")]
    sockets = []
    for path, data in asked:
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        connection.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n"
                           f"Content-Length: {len(data)}\r\n\r\n".encode() + data[:1])
        sockets.append(connection)
    time.sleep(0.3)
    assert buckler(home, "key", "revoke", "leaver").returncode == 0
    time.sleep(1.2)
    for connection, (path, data) in zip(sockets, asked):
        connection.sendall(data[1:])
        assert connection.recv(65536).startswith(b"HTTP/1.1 401 "), path
        connection.close()
    assert server.stop() == 0
    late = [line for line in ledger_lines(home / "log") if line["kind"] != "deny"]
    assert late == [], late


def test_the_ledger_says_what_was_read_and_not_what_could_have_been(start, home):
    key = make_key(home, "reader", f"--scopes={ALL}")
    server = start()
    assert server.post("/v2/repository/index", b"", headers=bearer(key))[0] == 200
    assert server.post("/v2/repository/index", b'{"ready":true}', headers=bearer(key))[0] == 200
    assert server.stop() == 0
    assert [line["in"] for line in ledger_lines(home / "log")] == [0, 14]


def infer_request(model, count=1):
    values = np.ones((1, count), dtype=np.float32)
    tensor = triton_grpc.InferInput("INPUT0", values.shape, "FP32")
    tensor.set_data_from_numpy(values)
    return triton_grpc._utils._get_inference_request(
        model_name=model, inputs=[tensor], model_version="", request_id="", outputs=None, sequence_id=0,
        sequence_start=False, sequence_end=False, priority=0, timeout=None, parameters=None)


def stream_of(server, key, messages):
    """What a stream of these messages was answered, text by text; an empty one for an answer."""
    with grpc.insecure_channel(server.grpc_url) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        return [answer.error_message for answer in stub.ModelStreamInfer(iter(messages), metadata=[("x-api-key", key)])]


@pytest.mark.parametrize("model", ["quick", "unknown"])
def test_the_messages_of_a_stream_are_held_to_the_rate_and_their_refusals_do_not_fill_the_log(start, home, model):
    key = make_key(home, "few", "--rate=2/m", "--burst=2")
    server = start()
    answers = stream_of(server, key, [infer_request(model) for _ in range(300)])
    assert len(answers) == 300 and all("limit 'requests'" in text for text in answers[2:]), answers[:4]
    server.stop()
    lines = ledger_lines(home / "log")
    refused = [line for line in lines if line["route"] == "infer.stream" and line["status"] == 8]
    assert refused and len(refused) < 60 and all(line["kind"] == "deny" for line in refused)


def test_a_model_is_not_filled_by_one_principals_streams(start, home):
    key = make_key(home, "busy")
    server = start("--max-requests-per-principal-and-model=1")
    answers = []
    threads = [threading.Thread(target=lambda: answers.extend(stream_of(server, key, [infer_request("slow")])))
               for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(bool(text) for text in answers) == [False, True, True, True], answers


def test_reflection_counts_by_its_questions(start, home):
    key = make_key(home, "curious", "--rate=3/m", "--burst=3", "--scopes=metadata")
    server = start()
    with grpc.insecure_channel(server.grpc_url) as channel:
        ask = channel.stream_stream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")
        answers = []
        with pytest.raises(grpc.RpcError) as ended:
            for answer in ask(iter([b"\x3a\x01*"] * 20), metadata=[("x-api-key", key)]):
                answers.append(answer)
    assert ended.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED and len(answers) == 2


def test_bytes_count_as_they_are_read_not_as_they_were_packed(start, home):
    key = make_key(home, "packer", "--bytes-per-second=10K")
    server = start()
    packed = gzip.compress(body(100_000))
    path, headers = "/v2/models/quick/infer", {**bearer(key), "Content-Encoding": "gzip"}
    assert [server.post(path, packed, headers=headers)[0] for _ in range(2)] == [200, 429]
    server.stop()
    line = next(line for line in ledger_lines(home / "log") if line["route"] == "infer" and line["status"] == 200)
    assert line["in"] == len(packed)

# SPDX-License-Identifier: Apache-2.0
"""Start, stop, readiness, metrics."""
import http.client
import json
import signal
import socket
import struct
import threading
import time

import pytest
from conftest import identity_model


def slow_repository(tmp_path, milliseconds):
    repository = tmp_path / "models"
    repository.mkdir()
    identity_model(
        repository, "slow", "TYPE_FP32", dims="-1",
        extra=f'parameters {{ key: "execute_delay_ms" value: {{ string_value: "{milliseconds}" }} }}\n'
        "instance_group { count: 1 }",
    )
    return repository


def infer(server, model="slow", timeout=10):
    header = json.dumps({"inputs": [{
        "name": "INPUT0", "shape": [1], "datatype": "FP32", "parameters": {"binary_data_size": 4},
    }]}).encode()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=timeout)
    try:
        connection.request("POST", f"/v2/models/{model}/infer", header + struct.pack("<f", 1.5),
                           {"Inference-Header-Content-Length": str(len(header))})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_signal_in_the_middle_of_an_infer(start_server, tmp_path, signal_number):
    server = start_server(f"--model-repository={slow_repository(tmp_path, 1500)}")
    answers = []
    thread = threading.Thread(target=lambda: answers.append(infer(server)))
    thread.start()
    time.sleep(0.4)
    server.process.send_signal(signal_number)
    thread.join()
    assert answers[0][0] == 200, answers
    assert server.process.wait(10) == 0, server.log.read_text()


def test_pre_stop_delay_keeps_serving_but_is_not_ready(start_server, tmp_path):
    server = start_server(f"--model-repository={slow_repository(tmp_path, 1)}", "--pre-stop-delay=2")
    server.process.terminate()
    time.sleep(0.7)
    assert server.get("/v2/health/ready")[0] != 200
    assert infer(server)[0] == 200
    assert server.process.wait(10) == 0


def test_exit_timeout(start_server, tmp_path):
    server = start_server(f"--model-repository={slow_repository(tmp_path, 8000)}", "--exit-timeout-secs=1")

    def ask():
        with pytest.raises((OSError, http.client.HTTPException)):
            infer(server)

    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(0.4)
    start = time.monotonic()
    server.process.terminate()
    assert server.process.wait(10) == 1
    assert time.monotonic() - start < 5
    assert "Exit timeout expired. Exiting immediately." in server.log.read_text()
    thread.join()


def test_startup_lines_that_scripts_wait_for(start_server, tmp_path):
    server = start_server(f"--model-repository={slow_repository(tmp_path, 1)}")
    log = server.log.read_text()
    for line in (
        f"Started HTTPService at 127.0.0.1:{server.port}",
        f"Started Metrics Service at 127.0.0.1:{server.metrics_port}",
        "successfully loaded 'slow'",
        "loading: slow:1",
    ):
        assert line in log, log


def test_metrics(start_server, tmp_path):
    server = start_server(f"--model-repository={slow_repository(tmp_path, 1)}")
    assert infer(server)[0] == 200
    status, page, headers = server.get("/metrics", port=server.metrics_port)
    page = page.decode()
    assert status == 200 and headers["Content-Type"] == "text/plain; charset=utf-8"
    for line in (
        'nv_inference_request_success{model="slow",version="1"} 1',
        'nv_inference_count{model="slow",version="1"} 1',
        'nv_inference_exec_count{model="slow",version="1"} 1',
        'nv_inference_pending_request_count{model="slow",version="1"} 0',
        "# TYPE nv_inference_request_duration_us counter",
        "# TYPE nv_cpu_memory_used_bytes gauge",
    ):
        assert line in page, page
    for reason in ("REJECTED", "CANCELED", "BACKEND", "OTHER"):
        assert f'reason="{reason}"' in page
    status, other, _ = server.get("/", port=server.metrics_port)
    assert (status, other) == (200, b"")


@pytest.mark.parametrize("arguments, text", [
    (["--model-repositry=x"], "--model-repository"),
    (["--model-repository=/nowhere/at/all"], "/nowhere/at/all"),
    (["--http-port=banana"], "http-port"),
    (["--model-control-mode=poll"], "poll"),
    (["--http-address=0.0.0.0"], "loopback"),
    (["--http-address=foo bar"], "--http-address must be an IP address or a host name"),
    (["--trace-config=triton,file=/nowhere/at/all"], "--trace-config triton,file=/nowhere/at/all"),
    (["--engine-library=lib.so"], "--engine-library must be an absolute path"),
    (["--backend-config=onnxruntime,enable-global-threadpool=1"], "enable-global-threadpool=1 is refused"),
])
def test_bad_settings_are_named(start_server, tmp_path, arguments, text):
    base = [] if "repositor" in arguments[0] else [f"--model-repository={slow_repository(tmp_path, 1)}"]
    server = start_server(*base, *arguments, ready=False)
    assert server.process.wait(10) != 0
    assert text in server.log.read_text()


def test_the_log_names_a_library_that_cannot_be_loaded(start_server, tmp_path):
    library = tmp_path / "lib.so"
    library.write_bytes(b"no library")
    server = start_server(f"--model-repository={slow_repository(tmp_path, 1)}", f"--engine-library={library}",
                          "--placement=process")
    assert server.stop() == 0
    assert f"the ONNX Runtime library cannot be loaded ({library}: " in server.log.read_text()


def test_json_log(start_server, tmp_path):
    server = start_server(f"--model-repository={slow_repository(tmp_path, 1)}", "--log-format=json")
    assert server.stop() == 0
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
    assert any("Started HTTPService" in line["message"] for line in lines)


def test_yaml(start_server, tmp_path):
    repository = slow_repository(tmp_path, 1)
    settings = tmp_path / "buckler.yaml"
    settings.write_text(f"model-repository: [{repository}]\nid: from-yaml\n")
    server = start_server(f"--config={settings}")
    assert json.loads(server.get("/v2")[1])["name"] == "from-yaml"
    settings.write_text(f"model-repository: [{repository}]\nhttp-prt: 1\n")
    broken = start_server(f"--config={settings}", ready=False)
    assert broken.process.wait(10) != 0
    assert "http-port" in broken.log.read_text()


def test_a_signal_while_connections_are_accepted(start_server, tmp_path):
    """Those that were accepted and not begun with are let go of, and nothing crashes. SwiftNIO may still print that an event
    loop has ended that it wanted to hand one of them to."""
    (tmp_path / "models").mkdir()
    for _ in range(8):
        server = start_server(f"--model-repository={tmp_path / 'models'}")
        ending = threading.Event()

        def hammer(port):
            while not ending.is_set():
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                except OSError:
                    time.sleep(0.002)

        threads = [threading.Thread(target=hammer, args=(port,))
                   for port in (server.port, server.port, server.grpc_port, server.metrics_port)]
        for thread in threads:
            thread.start()
        time.sleep(0.2)
        server.process.terminate()
        try:
            status = server.process.wait(20)
        finally:
            ending.set()
            for thread in threads:
                thread.join()
        text = server.log.read_text()
        assert status == 0, text
        assert "Fatal" not in text and "finish()" not in text, text

# SPDX-License-Identifier: Apache-2.0
"""What answers cost that wait for clients who do not read: no more than the server's limit says."""
import json
import os
import shutil
import socket
import time

import h2.config
import h2.connection
import h2.events
import h2.settings
import numpy as np
import pytest
from conftest import ROOT
from tritonclient.grpc import service_pb2

CONNECTIONS = 64
# Of a connection, whatever waits on it: what it reads into, its tables and counters.
OVERHEAD = 192 << 10


def resident(server):
    lines = open(f"/proc/{server.process.pid}/status").read().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) << 10


def settle(server):
    """Waits until no more requests are executed."""
    executed, deadline = None, time.monotonic() + 20
    while time.monotonic() < deadline:
        statistics = json.loads(server.get("/v2/models/fill/stats")[1])["model_stats"][0]
        if statistics["inference_count"] == executed:
            break
        executed = statistics["inference_count"]
        time.sleep(0.02)


class Unread:
    """A connection whose streams have no window at all."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.h2.local_settings = h2.settings.Settings(
            client=True, initial_values={h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 0})
        self.h2.initiate_connection()
        self.statuses = []
        self.socket.sendall(self.h2.data_to_send())
        while self.h2.outbound_flow_control_window < 1 << 20:
            self.h2.receive_data(self.socket.recv(1 << 16))

    def ask(self, message, count):
        for _ in range(count):
            stream = self.h2.get_next_available_stream_id()
            self.h2.send_headers(stream, [
                (":method", "POST"), (":scheme", "http"), (":authority", "localhost"),
                (":path", "/inference.GRPCInferenceService/ModelInfer"), ("te", "trailers"),
                ("content-type", "application/grpc"),
            ])
            self.h2.send_data(stream, message, end_stream=True)
        self.socket.sendall(self.h2.data_to_send())

    def look(self):
        """Takes what came so far, which can only be refusals."""
        self.socket.settimeout(0.01)
        try:
            while data := self.socket.recv(1 << 16):
                for event in self.h2.receive_data(data):
                    if isinstance(event, (h2.events.ResponseReceived, h2.events.TrailersReceived)):
                        self.statuses.append(dict(event.headers).get("grpc-status"))
        except TimeoutError:
            pass
        return self.statuses


def test_memory_stays_within_what_is_accounted(start_server, tmp_path):
    # Just above a power of two, where a buffer that grows by doubling is half empty.
    elements = 16_400
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = total // 100
    size = elements * 4
    answers = int(limit * 1.2) // size
    if limit > 1 << 30:
        pytest.skip("one percent of this machine's memory is too much to fill")
    directory = tmp_path / "models/fill/1"
    directory.mkdir(parents=True)
    shutil.copy(ROOT / "Tests/EnginesTests/Models/bomb_fill.onnx", directory / "model.onnx")
    server = start_server(f"--model-repository={tmp_path / 'models'}", "--max-in-flight-memory-percent=1",
                          "--max-in-flight-requests=none", "--grpc-max-concurrent-streams=65536")
    request = service_pb2.ModelInferRequest(model_name="fill")
    request.inputs.add(name="INPUT0", datatype="INT64").shape.extend([2])
    request.raw_input_contents.append(np.array([1, elements], np.int64).tobytes())
    content = request.SerializeToString()
    message = b"\0" + len(content).to_bytes(4, "big") + content
    before = resident(server)
    connections = [Unread(server.grpc_port) for _ in range(CONNECTIONS)]
    # A few at a time: what is measured is what waits, not what a burst has taken for a moment and the allocator keeps.
    for _ in range(answers // CONNECTIONS):
        for connection in connections:
            connection.ask(message, 1)
        settle(server)
    refused = [status for connection in connections for status in connection.look()]
    grown = resident(server) - before
    waiting = answers // CONNECTIONS * CONNECTIONS - len(refused)
    print(f"{waiting} of {answers} wait; grown by {grown >> 20} MiB, limit {limit >> 20} MiB")
    assert set(refused) == {"14"}
    assert grown <= 1.4 * limit + CONNECTIONS * OVERHEAD

# SPDX-License-Identifier: Apache-2.0
"""More streams on one connection than it may have, opened before the client has heard how many that is."""
import socket
from collections import Counter

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.settings
import pytest

REFUSED = h2.errors.ErrorCodes.REFUSED_STREAM


class Streams:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.bodies, self.ended, self.resets = Counter(), {}, {}
        self.goaway, self.closed, self.limit = None, False, None

    def open(self, method, end=True):
        stream = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream, [
            (":method", "POST"), (":scheme", "http"), (":authority", "localhost"), (":path", method),
            ("te", "trailers"), ("content-type", "application/grpc"),
        ])
        self.h2.send_data(stream, bytes(5), end_stream=end)
        return stream

    def flush(self):
        if data := self.h2.data_to_send():
            self.socket.sendall(data)

    def read_until(self, done):
        self.flush()
        while not done() and not self.closed:
            try:
                data = self.socket.recv(1 << 16)
            except ConnectionError:
                data = b""
            if not data:
                self.closed = True
                break
            for event in self.h2.receive_data(data):
                if isinstance(event, h2.events.RemoteSettingsChanged):
                    changed = event.changed_settings.get(h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS)
                    self.limit = changed.new_value if changed else self.limit
                elif isinstance(event, h2.events.DataReceived):
                    self.bodies[event.stream_id] += len(event.data)
                elif isinstance(event, (h2.events.ResponseReceived, h2.events.TrailersReceived)):
                    self.ended[event.stream_id] = dict(event.headers).get("grpc-status")
                elif isinstance(event, h2.events.StreamReset):
                    self.resets[event.stream_id] = event.error_code
                elif isinstance(event, h2.events.ConnectionTerminated):
                    self.goaway = event.error_code
            self.flush()
        return done()


READY = "/inference.GRPCInferenceService/ServerReady"
WATCH = "/grpc.health.v1.Health/Watch"


def test_300_streams_before_the_settings_are_known_are_all_answered(server):
    streams = Streams(server.grpc_port)
    opened = [streams.open(READY) for _ in range(300)]
    assert streams.read_until(lambda: sum(status == "0" for status in streams.ended.values()) == len(opened))
    assert streams.limit == 1024 and not streams.resets
    last = streams.open(READY)
    assert streams.read_until(lambda: streams.ended.get(last) == "0")


def test_streams_beyond_the_limit_are_refused_and_the_connection_lives(start_server, repository):
    server = start_server(f"--model-repository={repository}", "--grpc-max-concurrent-streams=100")
    streams = Streams(server.grpc_port)
    opened = [streams.open(WATCH) for _ in range(300)]
    assert streams.read_until(lambda: len(streams.bodies) + len(streams.resets) == 300)
    assert streams.limit == 100
    assert sorted(streams.bodies) == opened[:100]
    assert streams.resets == {stream: REFUSED for stream in opened[100:]}
    assert streams.goaway is None
    streams.h2.reset_stream(opened[0], h2.errors.ErrorCodes.CANCEL)
    again = streams.open(READY)
    assert streams.read_until(lambda: streams.ended.get(again) == "0")


@pytest.mark.parametrize("excess,lives", [(200, True), (201, False)])
def test_a_flood_of_streams_beyond_the_limit_ends_its_connection(start_server, repository, excess, lives):
    server = start_server(f"--model-repository={repository}", "--grpc-max-concurrent-streams=10",
                          "--grpc-max-reset-frames=200")
    streams = Streams(server.grpc_port)
    for _ in range(10 + excess):
        streams.open(WATCH)
    assert streams.read_until(lambda: len(streams.bodies) + len(streams.resets) == 10 + excess) == lives
    if lives:
        assert len(streams.resets) == excess
    else:
        assert streams.goaway == h2.errors.ErrorCodes.ENHANCE_YOUR_CALM and streams.closed
    other = Streams(server.grpc_port)
    other.open(READY)
    assert other.read_until(lambda: other.ended.get(1) == "0")

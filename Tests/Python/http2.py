# SPDX-License-Identifier: Apache-2.0
"""A connection of HTTP/2 over TLS, by the h2 package, that does what other clients would not."""
import socket
import ssl
from collections import defaultdict

import h2.config
import h2.connection
import h2.events


class Answer:
    def __init__(self):
        self.headers, self.body, self.ended, self.reset = {}, b"", False, None

    @property
    def status(self):
        return int(self.headers.get(":status", 0))


class HTTP2:
    def __init__(self, port, roots, timeout=20, validate=True):
        context = ssl.create_default_context(cafile=roots)
        context.set_alpn_protocols(["h2"])
        plain = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket = context.wrap_socket(plain, server_hostname="localhost")
        assert self.socket.selected_alpn_protocol() == "h2"
        config = h2.config.H2Configuration(header_encoding="utf-8", validate_outbound_headers=validate,
                                           normalize_outbound_headers=validate)
        self.h2 = h2.connection.H2Connection(config)
        self.h2.initiate_connection()
        self.answers = defaultdict(Answer)
        self.goaway = None
        self.closed = False
        self.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def flush(self):
        if data := self.h2.data_to_send():
            self.socket.sendall(data)

    def open(self, method, path, headers=None, body=b"", end=True, authority="localhost"):
        """Sends what the windows let through, and the rest while answers are read."""
        stream = self.h2.get_next_available_stream_id()
        head = [(":method", method), (":scheme", "https"), (":authority", authority), (":path", path)]
        self.h2.send_headers(stream, head + list((headers or {}).items()), end_stream=end and not body)
        while body and not self.answers[stream].ended:
            room = min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size, len(body))
            if room:
                self.h2.send_data(stream, body[:room], end_stream=end and room == len(body))
                body = body[room:]
                self.flush()
            elif not self.read():
                break
        self.flush()
        return stream

    def read(self):
        """One read from the socket: whether the connection goes on."""
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionError:
            data = b""
        if not data:
            self.closed = True
            return False
        for event in self.h2.receive_data(data):
            answer = self.answers[getattr(event, "stream_id", 0)]
            if isinstance(event, h2.events.ResponseReceived):
                answer.headers = dict(event.headers)
            elif isinstance(event, h2.events.DataReceived):
                answer.body += event.data
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                answer.ended = True
            elif isinstance(event, h2.events.StreamReset):
                answer.reset, answer.ended = event.error_code, True
            elif isinstance(event, h2.events.ConnectionTerminated):
                self.goaway = event.error_code
        self.flush()
        return True

    def answer(self, stream):
        while not self.answers[stream].ended and self.read():
            pass
        return self.answers[stream]

    def request(self, *arguments, **options):
        return self.answer(self.open(*arguments, **options))

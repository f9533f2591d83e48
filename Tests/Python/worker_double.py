# SPDX-License-Identifier: Apache-2.0
"""A double of the server's end of the worker protocol: real areas and a real child, and bytes packed independently."""
import ctypes
import fcntl
import json
import mmap
import os
import socket
import struct
import subprocess
import sys
from array import array
from collections import namedtuple
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORKER = ROOT / "Python/buckler/buckler_worker.py"

HELLO, AREA, START, READY, REFUSED, EXECUTE, RESPOND, DONE, LEASE_WANTED = range(1, 10)
LEASE, LEASE_RETURNED, CANCEL, LOG, FINISH, PROBE, PROBED, INPUTS_KEPT, INPUTS_RELEASED = range(10, 19)
LAST, FAILED, ONLY_THE_END = 1, 2, 4

SEAL_SEAL, SEAL_SHRINK, SEAL_GROW, SEAL_FUTURE_WRITE = 1, 2, 4, 16

Message = namedtuple("Message", "kind subject body")
Input = namedtuple("Input", "name data_type shape data")
Output = namedtuple("Output", "name data_type shape data area offset")
Response = namedtuple("Response", "number flags outputs parameters text code")


def message(kind, subject, body=b""):
    return struct.pack("<HHIQ", kind, 1, 16 + len(body), subject) + body


def pad(data):
    return data + bytes(-len(data) % 8)


def request(number, inputs=(), outputs=(), id="", parameters="", correlation=0, timeout=0, priority=0, flags=0,
            batch=1):
    return dict(number=number, inputs=list(inputs), outputs=list(outputs), id=id.encode(),
                parameters=parameters.encode(), correlation=correlation, timeout=timeout, priority=priority,
                flags=flags, batch=batch)


def records(requests, area, start):
    """The records of a batch for a block at an offset, and where each input's bytes belong: [(offset, bytes)]."""
    def build(places):
        places = iter(places)
        result = b""
        for r in requests:
            text = r["correlation"].encode() if isinstance(r["correlation"], str) else b""
            tail = b""
            for i in r["inputs"]:
                name = i.name.encode()
                tail += struct.pack("<4I2Q", i.data_type, len(i.shape), len(name), area, next(places), len(i.data))
                tail += pad(struct.pack(f"<{len(i.shape)}q", *i.shape) + name)
            for o in r["outputs"]:
                tail += pad(struct.pack("<2I", len(o.encode()), 0) + o.encode())
            tail += pad(r["id"]) + pad(r["parameters"]) + pad(text)
            result += struct.pack(
                "<4Q8I", r["number"], 0 if text else r["correlation"], r["timeout"], r["priority"],
                r["flags"] | (4 if text else 0), len(r["inputs"]), len(r["outputs"]), len(r["id"]),
                len(r["parameters"]), len(text), 64 + len(tail), r["batch"]) + tail
        return result
    data = [i.data for r in requests for i in r["inputs"]]
    place = start + len(build([0] * len(data)))
    offsets = []
    for piece in data:
        place += -place % 64
        offsets.append(place)
        place += len(piece)
    return build(offsets), list(zip(offsets, data))


def responses(body, areas):
    """The responses of a *respond*, their outputs' bytes copied out of the areas."""
    result, at = [], 0
    while at < len(body):
        number, flags, count, parameters, text, code, length = struct.unpack_from("<Q6I", body, at)
        end, at, outputs = at + length, at + 32, []
        for _ in range(count):
            data_type, rank, name, area, offset, size = struct.unpack_from("<4I2Q", body, at)
            shape = struct.unpack_from(f"<{rank}q", body, at + 32)
            at += 32 + 8 * rank
            data = bytes(areas[area][offset:offset + size])
            outputs.append(Output(body[at:at + name].decode(), data_type, shape, data, area, offset))
            assert offset % 64 == 0
            at = at + name + -(at + name) % 8
        json_text = body[at:at + parameters].decode()
        at += parameters + -parameters % 8
        words = body[at:at + text].decode()
        at += text + -text % 8
        assert at == end
        result.append(Response(number, flags, outputs, json_text, words, code))
    return result


class Server:
    """Starts a worker and speaks to it. Areas: number 0 for requests; 0 and 1 for responses, 1 for asked-for leases."""

    def __init__(self, model, config=None, mode="serve", python=sys.executable, environment=None, name="m",
                 request_bytes=1 << 20, response_bytes=1 << 20, no_new_privileges=False, no_filters=False,
                 arguments=None):
        self.ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.ours.settimeout(20)

        def prepare():
            os.dup2(theirs.fileno(), 20)
            os.set_inheritable(20, True)
            if no_new_privileges:
                ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)
            if no_filters:  # Without CAP_SYS_ADMIN, which the bounding set keeps from root, one needs no_new_privs.
                ctypes.CDLL(None).prctl(24, 21, 0, 0, 0)
        self.child = subprocess.Popen([str(python), "-I", "-B", str(WORKER)], stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=prepare,
                                      close_fds=False, env={"TRITON_SANDBOX": "true", **(environment or {})})
        theirs.close()
        self.inbox, self.logs, self.batch = [], [], 0
        self.hello = self.receive()
        self.requests = self.area(0, 0, request_bytes)
        self.responses = [self.area(number, 1, response_bytes) for number in (0, 1)]
        self.lease_size, self.granted, self.refuse_leases = response_bytes, 0, False
        self.leases = {}
        config = {"name": name, **(config or {})}
        self.arguments = {"model_config": json.dumps(config), "model_name": name, "model_version": "1",
                          "model_repository": str(Path(model).parent.parent), "model_instance_name": name + "_0_0",
                          "model_instance_kind": "CPU", "model_instance_device_id": "0", **(arguments or {})}
        text = json.dumps({"mode": mode, "model_file": str(model), "args": self.arguments}).encode()
        self.requests[64:64 + len(text)] = text
        self.send(START, 0, struct.pack("<2IQ", 0, len(text), 64))
        self.answer = self.receive()

    def area(self, number, role, size):
        fd = os.memfd_create("area", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
        os.ftruncate(fd, size)
        memory = mmap.mmap(fd, size)
        seals = SEAL_SHRINK | SEAL_GROW | SEAL_SEAL | (0 if role else SEAL_FUTURE_WRITE)
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals)
        self.ours.sendmsg([message(AREA, number, struct.pack("<2IQ", role, 0, size))],
                          [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array("i", [fd]))])
        os.close(fd)
        return memory

    def send(self, kind, subject, body=b""):
        self.ours.send(message(kind, subject, body))

    def receive(self, *kinds):
        """The next message, of those kinds if any are named; leases are granted and logs kept on the way."""
        while True:
            for waiting in self.inbox:
                if not kinds or waiting.kind in kinds:
                    self.inbox.remove(waiting)
                    return waiting
            data = self.ours.recv(65_537)
            if not data:
                raise EOFError(self.child.stderr.read().decode())
            kind, version, length, subject = struct.unpack_from("<HHIQ", data)
            assert version == 1 and length == len(data) <= 65_536
            got = Message(kind, subject, data[16:])
            if kind == LOG:
                self.logs.append((subject, got.body.decode()))
                if LOG not in kinds:
                    continue
            elif kind == LEASE_WANTED and LEASE_WANTED not in kinds:
                self.grant(subject, *struct.unpack("<Q", got.body))
                continue
            elif kind == LEASE_RETURNED and LEASE_RETURNED not in kinds:
                area, zero, offset = struct.unpack("<2IQ", got.body)
                assert zero == 0 and area == 1 and self.leases.pop(offset)
                continue
            self.inbox.append(got)

    def grant(self, number, size):
        room = size + -size % 64
        if self.refuse_leases or room > self.lease_size:
            self.send(LEASE, number, struct.pack("<2I2Q", 0, 0, 0, 0))
            return
        if self.granted + room > self.lease_size:
            self.granted = 0
        self.leases[self.granted] = room
        self.send(LEASE, number, struct.pack("<2I2Q", 1, 0, self.granted, room))
        self.granted += room

    def execute(self, *requests, offset=0, lease=None, lease_at=0):
        """Sends a batch; gives its number. Blocks begin at the offset; the lease is the rest of area 0 if not said."""
        block, places = records(requests, 0, offset)
        self.requests[offset:offset + len(block)] = block
        for place, data in places:
            self.requests[place:place + len(data)] = data
        self.batch += 1
        size = self.lease_size - lease_at if lease is None else lease
        self.send(EXECUTE, self.batch,
                  struct.pack("<2I2Q2I2Q", len(requests), 0, offset, len(block), 0, 0, lease_at, size))
        return self.batch

    def collect(self, number):
        """The responses of a batch until its end, and the text of its failure, None if it did not fail."""
        found = []
        while True:
            got = self.receive(RESPOND, DONE)
            if got.kind == RESPOND:
                assert got.subject in (0, number)
                found += responses(got.body, self.responses)
                continue
            assert got.subject == number
            failed, length = struct.unpack_from("<2I", got.body)
            assert len(got.body) == 8 + length
            return found, got.body[8:].decode() if failed else None

    def run(self, *requests, **where):
        return self.collect(self.execute(*requests, **where))

    def next_responses(self):
        return responses(self.receive(RESPOND).body, self.responses)

    def finish(self):
        self.send(FINISH, 0)
        out, err = self.child.communicate(timeout=20)
        return self.child.returncode, out.decode(), err.decode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ours.close()
        if self.child.poll() is None:
            self.child.kill()
        self.child.communicate()

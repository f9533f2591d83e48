# SPDX-License-Identifier: Apache-2.0
"""The bytes of the worker protocol (Docs/WorkerProtocol.md), version 1: layouts and the messages made of them."""
from __future__ import annotations

from struct import Struct

VERSION = 1
MESSAGE_LIMIT = 65_536
LOG_LIMIT = 4_096
OUTPUT_LIMIT = 256
DIMENSION_LIMIT = 16
ALIGNMENT = 64

HELLO, AREA, START, READY, REFUSED, EXECUTE, RESPOND, DONE, LEASE_WANTED = range(1, 10)
LEASE, LEASE_RETURNED, CANCEL, LOG, FINISH, PROBE, PROBED, INPUTS_KEPT, INPUTS_RELEASED = range(10, 19)
CALL, ANSWER, ANSWER_TAKEN, CALL_CANCELLED, ASK, TOLD, FAMILY_WANTED, METRIC_WANTED, MEASURE, VALUE_WANTED = \
    range(19, 29)

# Flags of a request's record.
SEQUENCE_START, SEQUENCE_END, TEXT_CORRELATION = 1, 2, 4
# Besides, of a call.
STREAM = 8
# Flags of a response.
LAST, FAILED, ONLY_THE_END = 1, 2, 4

HEAD = Struct("<HHIQ")
HELLO_BODY = Struct("<II")
AREA_BODY = Struct("<IIQ")
START_BODY = Struct("<IIQ")
EXECUTE_BODY = Struct("<IIQQIIQQ")
DONE_BODY = Struct("<II")
LEASE_WANTED_BODY = Struct("<Q")
LEASE_BODY = Struct("<IIQQ")
LEASE_RETURNED_BODY = Struct("<IIQ")
PROBED_BODY = Struct("<II")
ANSWER_BODY = Struct("<IIQQ")
# request, version, correlation id, time-out, flags, inputs, outputs, lengths of the model's name, the id, the
# parameters and the correlation text, 0
CALL_BODY = Struct("<QqQQIIIIIIII")
# what, length of the model's name, version, files, 0
ASK_BODY = Struct("<IIqII")
# length of the name, area, offset, bytes
PART = Struct("<IIQQ")
# failed, error's code, error's text, 0, value
TOLD_BODY = Struct("<IIIIQ")
# kind, lengths of name and description, 0
FAMILY_BODY = Struct("<IIII")
# family, labels, buckets
METRIC_BODY = Struct("<QII")
# lengths of name and value
LABEL = Struct("<II")
# what, 0, value
MEASURE_BODY = Struct("<IId")
VALUE_WANTED_BODY = Struct("<Q")

# number, correlation id, time-out, priority, flags, inputs, outputs, lengths of id, parameters, correlation text and
# record, batch size
RECORD = Struct("<QQQQIIIIIIII")
# data type, dimensions, length of the name, area, offset, bytes
TENSOR = Struct("<IIIIQQ")
# length of the name, 0
NAME = Struct("<II")
# number, flags, outputs, parameters, error's text, error's code, response
RESPONSE = Struct("<QIIIIII")


def padded(data: bytes) -> bytes:
    """The bytes, filled with zeroes up to a multiple of 8."""
    return data + bytes(-len(data) % 8)


def round_up(size: int, multiple: int) -> int:
    """The least multiple that is no less."""
    return size + -size % multiple


def message(kind: int, subject: int, body: bytes = b"") -> bytes:
    """A whole message."""
    return HEAD.pack(kind, VERSION, HEAD.size + len(body), subject) + body


def cut(text: str, limit: int) -> bytes:
    """The text as UTF-8 of no more than so many bytes, cut between characters; what cannot be encoded is replaced."""
    data = text.encode("utf-8", "replace")
    return data if len(data) <= limit else data[:limit].decode("utf-8", "ignore").encode("utf-8")


def tensor(data_type: int, shape: tuple, name: bytes, area: int, offset: int, size: int) -> bytes:
    """The description of a tensor whose bytes lie in an area."""
    dimensions = Struct(f"<{len(shape)}q").pack(*shape)
    return padded(TENSOR.pack(data_type, len(shape), len(name), area, offset, size) + dimensions + name)


def response(number: int, flags: int, outputs: int, tensors: bytes, parameters: bytes, text: bytes, code: int) -> bytes:
    """One response of a *respond*; tensors are the outputs' descriptions, one after the other."""
    tail = tensors + padded(parameters) + padded(text)
    return RESPONSE.pack(number, flags, outputs, len(parameters), len(text), code, RESPONSE.size + len(tail)) + tail


def done(number: int, failure: str | None = None) -> bytes:
    """The end of a batch, with the text of its failure if it failed as a whole."""
    if failure is None:
        return message(DONE, number, DONE_BODY.pack(0, 0))
    text = cut(failure, MESSAGE_LIMIT - HEAD.size - DONE_BODY.size)
    return message(DONE, number, DONE_BODY.pack(1, len(text)) + text)

# SPDX-License-Identifier: Apache-2.0
"""Takes sources in, one at a time, and prints a line for each."""
import ast
import json
import os
import re
import socket
import struct
import sys
import threading
import warnings

from .facts import Facts, TooMuch
from .flow import Flow

#: As many as AuditLimits lets through: a syntax tree takes up to 700 times as much memory.
SOURCE_BYTES = 1 << 20
LINE_BYTES = 512 << 10
NODES = 1_000_000
#: Levels of a syntax tree. Long sums of texts nest as deep as they have terms.
DEPTH = 300
#: The walk takes up to six frames for a level.
RECURSION = 4000
STACK_BYTES = 256 << 20
ANSWER_BYTES = 8 << 20

#: Converting a decimal number takes time by the square of its length, where the interpreter does not refuse it itself.
LONG_NUMBER = re.compile(rb"[0-9][0-9_]{5000}")


class Unreadable(Exception):
    def __init__(self, reason, line=None):
        super().__init__(reason)
        self.reason = reason
        self.line = line


def main(arguments):
    receive = standard_input()
    if arguments[:1] == ["--channel"]:
        receive = channel(int(arguments[1]))
    # What the parser has to say of a source is not for whoever reads the answers.
    sys.stderr = open(os.devnull, "w")
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(RECURSION)
    threading.stack_size(STACK_BYTES)
    thread = threading.Thread(target=answer_all, args=(receive, sys.stdout))
    thread.start()
    thread.join()


def answer_all(receive, output):
    while True:
        head = receive(4)
        if len(head) < 4:
            return
        (count,) = struct.unpack(">I", head)
        if count > SOURCE_BYTES:
            return
        source = receive(count)
        if len(source) < count:
            return
        output.write(answer(source) + "\n")
        output.flush()


def answer(source):
    """One line, whatever the source is."""
    try:
        text = json.dumps(read(source), separators=(",", ":"))
        if len(text) > ANSWER_BYTES:
            raise Unreadable("it says more than can be reported")
        return text
    except Unreadable as problem:
        return json.dumps({"error": problem.reason, "line": problem.line})
    except TooMuch as problem:
        return json.dumps({"error": str(problem), "line": None})
    except RecursionError:
        return json.dumps({"error": "it nests too deep", "line": None})
    except MemoryError:
        return json.dumps({"error": "it nests too deep, or takes too much memory", "line": None})
    except Exception as problem:  # Whatever a hostile source brings about, the others are still to be read.
        return json.dumps({"error": "it cannot be followed: " + type(problem).__name__, "line": None})


def read(source):
    check_lines(source)
    tree = parse(source)
    count = check_tree(tree)
    facts = Facts(lines_of(source))
    Flow(facts, budget=6 * count + 1_000_000, follows=4 * count + 20_000).module(tree)
    return facts.json()


def check_lines(source):
    start = 0
    while start < len(source):
        end = source.find(b"\n", start)
        end = len(source) if end < 0 else end
        if end - start > LINE_BYTES:
            raise Unreadable(f"a line has more than {LINE_BYTES} bytes", source.count(b"\n", 0, start) + 1)
        start = end + 1
    number = LONG_NUMBER.search(source)
    if number and not hasattr(sys, "set_int_max_str_digits"):
        raise Unreadable("a number has more than 5000 digits", source.count(b"\n", 0, number.start()) + 1)


def parse(source):
    try:
        return ast.parse(source)
    except SyntaxError as problem:
        raise Unreadable("it is not Python: " + str(problem.msg)[:200], problem.lineno) from None
    except (ValueError, LookupError, UnicodeError) as problem:
        raise Unreadable("it is not Python: " + str(problem)[:200]) from None


def check_tree(tree):
    """Its nodes. Level by level, since a walk that calls itself is what a deep tree breaks."""
    count, depth, level = 0, 0, [tree]
    while level:
        count += len(level)
        depth += 1
        if count > NODES:
            raise Unreadable(f"its syntax tree has more than {NODES} nodes")
        if depth > DEPTH:
            raise Unreadable(f"its syntax tree has more than {DEPTH} levels")
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return count


def lines_of(source):
    return source.removeprefix(b"\xef\xbb\xbf").splitlines() if hasattr(source, "removeprefix") else source.splitlines()


def standard_input():
    return lambda count: sys.stdin.buffer.read(count)


def channel(descriptor):
    """Messages of a socket, as one stream."""
    connection = socket.socket(fileno=descriptor)
    kept = bytearray()

    def receive(count):
        while len(kept) < count:
            part = connection.recv(1 << 20)
            if not part:
                break
            kept.extend(part)
        taken = bytes(kept[:count])
        del kept[:count]
        return taken

    return receive

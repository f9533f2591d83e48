# SPDX-License-Identifier: Apache-2.0
"""Servers that ask for a credential, and the keys for them."""
import json
import os
import socket
import subprocess

from conftest import BUCKLER

ALL = "infer,metadata,metrics,statistics,admin,shared-memory"


def environment(home, **more):
    return {**os.environ, "BUCKLER_HOME": str(home), **more}


def buckler(home, *arguments):
    """What the command did: its status and what it printed, as text."""
    return subprocess.run([BUCKLER, *map(str, arguments)], env=environment(home), capture_output=True, text=True,
                          timeout=30)


def make_key(home, name, *arguments):
    made = buckler(home, "key", "create", name, "--json", *arguments)
    assert made.returncode == 0, made.stderr
    return json.loads(made.stdout)["key"]


def bearer(key):
    return {"authorization": f"Bearer {key}"}


def ledger_files(directory):
    return sorted(directory.glob("ledger-*.jsonl"))


def ledger_lines(directory):
    """All lines about requests; the parser takes each for what it says it is."""
    lines = [json.loads(line) for file in ledger_files(directory) for line in file.read_text().splitlines()]
    return [line for line in lines if line["kind"] in ("allow", "deny", "act") and line["route"] != "model.admit"]


def admission_lines(directory):
    """Lines about models that were to be loaded."""
    lines = [json.loads(line) for file in ledger_files(directory) for line in file.read_text().splitlines()]
    return [line for line in lines if line.get("route") == "model.admit"]


def exchange(port, text, timeout=10):
    """What a server says to these very bytes, up to the end of the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        connection.sendall(text if isinstance(text, bytes) else text.encode())
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65536):
            answer += part
    return answer

# SPDX-License-Identifier: Apache-2.0
"""Servers under measurement: each is a child process of ours, on loopback, ended by its own pid."""
import os
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A context manager: inside it the process runs and has answered `ready_path` with 200."""

    def __init__(self, name, arguments, log, port, ready_path=None, environment=None, directory=None, patience=90,
                 grpc_port=None, tls=False):
        self.grpc_port = grpc_port or port
        self.name, self.port, self.ready_path, self.patience = name, port, ready_path, patience
        self.arguments, self.directory = [str(argument) for argument in arguments], directory
        self.environment = {**os.environ, **(environment or {})}
        self.log = log / f"{name}.log"
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        self.grpc_url = f"grpc://127.0.0.1:{self.grpc_port}"
        self.ready_seconds = None

    def __enter__(self):
        started = time.monotonic()
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                self.arguments, cwd=self.directory, env=self.environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )
        try:
            while not self.is_ready():
                if self.process.poll() is not None:
                    raise RuntimeError(f"{self.name} ended with {self.process.returncode}: see {self.log}")
                if time.monotonic() - started > self.patience:
                    raise RuntimeError(f"{self.name} is not ready after {self.patience} s: see {self.log}")
                time.sleep(0.002)
        except BaseException:
            self.__exit__()
            raise
        self.ready_seconds = time.monotonic() - started
        return self

    def is_ready(self):
        try:
            if self.ready_path:
                # Its certificate is one that was made for this run.
                context = ssl._create_unverified_context()
                with urllib.request.urlopen(self.url + self.ready_path, timeout=1, context=context) as answer:
                    return answer.status == 200
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except (OSError, urllib.error.URLError):
            return False

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                # The group is its own session, so its children go with it and nobody else.
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    @property
    def pid(self):
        return self.process.pid

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self, library):
        """All resident memory, and the part that is pages of the engine library's file."""
        total = of_library = 0
        in_library = False
        with open(f"/proc/{self.pid}/smaps") as file:
            for line in file:
                fields = line.split()
                if "-" in fields[0] and not fields[0].endswith(":"):
                    in_library = len(fields) > 5 and os.path.basename(fields[5]) == os.path.basename(library)
                elif fields[0] == "Rss:":
                    total += int(fields[1]) * 1024
                elif in_library and fields[0] in ("Shared_Clean:", "Private_Clean:"):
                    of_library += int(fields[1]) * 1024
        return total, of_library

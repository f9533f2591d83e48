# SPDX-License-Identifier: Apache-2.0
"""The worker: starts the model as the server says, then runs its batches one after the other."""
from __future__ import annotations

import atexit
import json
import os
import signal
import sys
import threading
import time
from typing import Optional

from . import current, layout, memory, second_filter
from .areas import Areas
from .block import BlockReader
from .calls import Calls
from .channel import Channel
from .failure import text_of
from .kept import Release, Sweep, held
from .model import Model, complete, load_module
from .outlet import Outlet

_CHANNEL = 20
# A batch that runs for longer than this is not waited for by questions after the model's readiness.
_PATIENCE = 0.05


class Worker:
    """Serves one instance of one model until the server says that it is to finish."""

    def __init__(self) -> None:
        self._areas = Areas()
        self._channel = Channel(_CHANNEL, self._areas)
        self._releases: set = set()
        self._sweep = Sweep(lambda: bool(self._releases))
        self._batch_began: Optional[float] = None
        self._directory: Optional[str] = None
        self._model: Optional[Model] = None
        current.channel, current.areas = self._channel, self._areas

    def run(self) -> None:
        """All of a worker's life."""
        self._channel.send(layout.message(layout.HELLO, os.getpid(), layout.HELLO_BODY.pack(layout.VERSION, 0)))
        task = self._channel.next_task()
        if task[0] != layout.START:
            return
        try:
            answer = self._start(task[2])
        except BaseException as error:  # SystemExit as well: whatever user code raises is why it did not start.
            text = layout.cut(text_of(error, self._directory), layout.MESSAGE_LIMIT - layout.HEAD.size)
            self._channel.send(layout.message(layout.REFUSED, 0, text))
            return
        ready = layout.message(layout.READY, 0, json.dumps(answer).encode())
        if len(ready) > layout.MESSAGE_LIMIT:
            self._channel.send(layout.message(layout.REFUSED, 0, b"the completed configuration is too large"))
            return
        self._channel.send(ready)
        if self._model is not None and self._model.has_is_ready:
            threading.Thread(target=self._answer_probes, daemon=True, name="readiness").start()
        self._serve()

    def _start(self, body: bytes) -> dict:
        if os.environ.get("BUCKLER_SANDBOX_SECOND_FILTER") == "1":
            second_filter.add()
        area, length, offset = layout.START_BODY.unpack(body)
        start = json.loads(self._areas.requests[area][offset:offset + length])
        path, arguments = start["model_file"], start["args"]
        self._directory = current.model_directory = os.path.dirname(path)
        module = load_module(path)
        if start["mode"] == "complete":
            return {"config": complete(module, arguments["model_name"], arguments["model_config"])}
        self._model = Model(module, arguments)
        limit = int(os.environ.get("BUCKLER_OUTPUT_LIMIT") or sys.maxsize)
        self._outlet = current.outlet = Outlet(self._channel, self._areas, self._model.decoupled,
                                               arguments["model_name"], limit)
        current.calls = Calls(self._channel, self._areas)
        self._reader = BlockReader(self._areas, self._outlet, self._model.output_names, self._model.writes_inputs)
        return {"is_ready": True} if self._model.has_is_ready else {}

    def _serve(self) -> None:
        next_task, execute = self._channel.next_task, self._execute
        while True:
            kind, subject, body = next_task()
            if kind == layout.EXECUTE:
                execute(subject, body)
            elif kind == layout.PROBE:
                self._probed(subject)
            elif kind == layout.FINISH:
                current.calls = None
                if self._model is not None:
                    self._model.finalize()
                return

    def _execute(self, number: int, body: bytes) -> None:
        count, area, offset, _, lease_area, _, lease_offset, lease_length = layout.EXECUTE_BODY.unpack(body)
        requests, sections = self._reader.read(area, offset, count)
        self._outlet.begin(lease_area, lease_offset, lease_length)
        self._batch_began = time.monotonic()
        current.request.set(requests[0]._head[0] if count == 1 else 0)
        failure = self._run_batch(number, requests)
        current.request.set(0)
        self._batch_began = None
        del requests
        self._outlet.end()
        kept = held(sections)
        if not kept:
            self._channel.send(layout.done(number, failure))
            return
        for section in kept:
            self._reader.drop(section)
        self._channel.send(layout.message(layout.INPUTS_KEPT, number))
        self._channel.send(layout.done(number, failure))
        # Only now: the release may come at once, and must not overtake the end.
        self._releases.add(Release(kept, lambda release: self._release(release, number)))
        self._sweep.begin()

    def _run_batch(self, number: int, requests: list) -> Optional[str]:
        """Runs the model on a batch and sends what it returns; gives the text of its failure, if it failed."""
        try:
            responses = self._model.execute(requests)
            if responses is not None:
                self._outlet.respond(number, requests, responses)
            if responses is None or None in responses:
                # Whoever holds the request or its sender answers; if nobody does, its client is told.
                for index, request in enumerate(requests):
                    if responses is None or responses[index] is None:
                        request.get_response_sender()
            return None
        except BaseException as error:  # SystemExit as well: a model must not end the worker by sys.exit().
            for request in requests:
                request.get_response_sender().close()
            return (f"Failed to process the request(s) for model '{self._model.name}', message: "
                    f"{text_of(error, self._directory)}")

    def _release(self, release: Release, number: int) -> None:
        self._releases.discard(release)
        self._channel.send(layout.message(layout.INPUTS_RELEASED, number))

    def _probed(self, subject: int) -> None:
        ready = 1 if self._model is None or self._model.is_ready() else 0
        self._channel.send(layout.message(layout.PROBED, subject, layout.PROBED_BODY.pack(ready, 0)))

    def _answer_probes(self) -> None:
        """Answers questions after readiness while a long batch runs."""
        while True:
            time.sleep(_PATIENCE)
            began = self._batch_began
            if began is None or time.monotonic() - began < _PATIENCE:
                continue
            self._channel.drain()
            for _, subject, _ in self._channel.take(layout.PROBE):
                self._probed(subject)


def main() -> None:
    """Runs a worker and ends the process, whatever threads user code may have left."""
    # The server ends workers; a Ctrl-C or a service manager's signal is for the server to act on.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # A busy thread of user code would hold up each batch by the default of 5 ms.
    sys.setswitchinterval(0.0005)
    memory.keep_freed_arrays()
    for stream in (sys.stdout, sys.stderr):
        # Lines have to be seen when they are printed, not when a buffer is full.
        if stream is not None:
            stream.reconfigure(line_buffering=True)
    status = 0
    try:
        Worker().run()
    except BaseException:
        import traceback
        traceback.print_exc()
        status = 1
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(status)

# SPDX-License-Identifier: Apache-2.0
"""Spells a number digit by digit: 205 is "two", "zero", "five", each in a response of its own."""
import threading

import numpy as np
import triton_python_backend_utils as pb_utils

WORDS = "zero one two three four five six seven eight nine".split()


class TritonPythonModel:
    def initialize(self, args):
        self.running = set()
        self.lock = threading.Lock()

    def execute(self, requests):
        # Answered from other threads, so that the next requests need not wait for long numbers to end.
        for request in requests:
            number = int(pb_utils.get_input_tensor_by_name(request, "number").as_numpy()[0])
            thread = threading.Thread(target=self.spell, args=(number, request.get_response_sender()), daemon=True)
            with self.lock:
                self.running.add(thread)
            thread.start()
        return None

    def spell(self, number, sender):
        try:
            digits = str(abs(number))
            for index, digit in enumerate(digits):
                if sender.is_cancelled():
                    break
                sender.send(pb_utils.InferenceResponse([
                    pb_utils.Tensor("word", np.array([WORDS[int(digit)]], dtype=np.object_)),
                    pb_utils.Tensor("left", np.array([len(digits) - index - 1], dtype=np.int32)),
                ]))
            sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
        finally:
            with self.lock:
                self.running.discard(threading.current_thread())

    def finalize(self):
        with self.lock:
            running = list(self.running)
        for thread in running:
            thread.join(timeout=1)

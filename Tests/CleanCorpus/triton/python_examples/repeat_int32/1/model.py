# After the decoupled example 'repeat' of Triton's Python backend: one answer for each element.
import json
import threading
import time

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        config = json.loads(args["model_config"])
        if not pb_utils.using_decoupled_model_transaction_policy(config):
            raise pb_utils.TritonModelException(f"the model `{args['model_name']}` has to be decoupled")
        self.running = 0
        self.lock = threading.Lock()

    def execute(self, requests):
        for request in requests:
            self.answer(request)
        return None

    def answer(self, request):
        values = pb_utils.get_input_tensor_by_name(request, "IN").as_numpy()
        delays = pb_utils.get_input_tensor_by_name(request, "DELAY").as_numpy()
        thread = threading.Thread(target=self.send, args=(request.get_response_sender(), values, delays), daemon=True)
        with self.lock:
            self.running += 1
        thread.start()
        wait = pb_utils.get_input_tensor_by_name(request, "WAIT").as_numpy()
        time.sleep(wait[0] / 1000)

    def send(self, sender, values, delays):
        for index, (value, delay) in enumerate(zip(values, delays)):
            time.sleep(delay / 1000)
            sender.send(pb_utils.InferenceResponse([
                pb_utils.Tensor("IDX", np.array([index], np.uint32)),
                pb_utils.Tensor("OUT", np.array([value], np.int32)),
            ]))
        sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
        with self.lock:
            self.running -= 1

    def finalize(self):
        while self.running:
            time.sleep(0.1)

# model.py - Safe Python backend
import triton_python_backend_utils as pb_utils
import numpy as np
import os

class TritonPythonModel:
    def initialize(self, args):
        # Validate environment
        if os.getenv("TRITON_SANDBOX") != "true":
            raise RuntimeError("Must run in sandbox")

        # Load model with restrictions
        model_path = os.path.join(
            args["model_repository"],
            args["model_name"]
        )

        # Verify model path is within allowed directory
        allowed_base = "/models"
        if os.path.commonpath([os.path.realpath(model_path), allowed_base]) != allowed_base:
            raise RuntimeError("Invalid model path")

        # Set resource limits
        self.max_batch_size = 32
        self.max_sequence_length = 512

    def execute(self, requests):
        responses = []

        for request in requests:
            try:
                # Validate request
                input_tensor = pb_utils.get_input_tensor_by_name(
                    request, "INPUT"
                )
                data = input_tensor.as_numpy()

                # Check batch size
                if data.shape[0] > self.max_batch_size:
                    raise ValueError("Batch too large")

                # Check sequence length
                if len(data.shape) > 1 and data.shape[1] > self.max_sequence_length:
                    raise ValueError("Sequence too long")

                # Safe processing
                result = self.process_safe(data)

                output = pb_utils.Tensor(
                    "OUTPUT",
                    result.astype(np.float32)
                )
                responses.append(pb_utils.InferenceResponse([output]))

            except Exception as e:
                error = pb_utils.TritonError(str(e))
                responses.append(pb_utils.InferenceResponse(error=error))

        return responses

    def process_safe(self, data: np.ndarray) -> np.ndarray:
        # Implement safe processing logic
        # No shell commands, file writes, network access
        return data * 2  # Example safe operation

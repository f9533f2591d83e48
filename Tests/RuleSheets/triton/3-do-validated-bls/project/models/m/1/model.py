import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        # Validate model configuration
        self.max_input_size = 1000000  # 1MB limit

    def execute(self, requests):
        responses = []
        for request in requests:
            # Validate input size
            input_tensor = pb_utils.get_input_tensor_by_name(
                request, "INPUT"
            )
            if input_tensor.as_numpy().nbytes > self.max_input_size:
                error = pb_utils.TritonError("Input too large")
                responses.append(pb_utils.InferenceResponse(error=error))
                continue

            # Process safely
            result = self.process(input_tensor)
            responses.append(pb_utils.InferenceResponse(
                output_tensors=[result]
            ))

        return responses

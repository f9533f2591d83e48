import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        for request in requests:
            # No input validation
            data = pb_utils.get_input_tensor_by_name(request, "INPUT")
            result = process_any_data(data)  # Could be huge/malicious

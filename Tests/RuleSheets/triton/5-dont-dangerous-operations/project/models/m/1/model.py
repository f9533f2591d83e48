import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        for request in requests:
            # No validation
            data = pb_utils.get_input_tensor_by_name(request, "INPUT")

            # Dangerous operations
            import subprocess
            subprocess.run(data.decode())  # Shell injection

            import pickle
            obj = pickle.loads(data)  # Arbitrary code execution

            open("/etc/passwd", "r")  # File access

# After 'simple_identity' of Triton's example repository.
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        """What came in goes out."""
        answers = []
        for request in requests:
            given = pb_utils.get_input_tensor_by_name(request, "INPUT0")
            answers.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", given.as_numpy())]))
        return answers

# After the PyTorch example of Triton's Python backend.
import triton_python_backend_utils as pb_utils
from torch import nn


class AddSubNet(nn.Module):
    def forward(self, a, b):
        return (a + b), (a - b)


class TritonPythonModel:
    def initialize(self, args):
        self.net = AddSubNet()
        self.net.eval()

    def execute(self, requests):
        answers = []
        for request in requests:
            a = pb_utils.get_input_tensor_by_name(request, "INPUT0")
            b = pb_utils.get_input_tensor_by_name(request, "INPUT1")
            total, difference = self.net(a.as_numpy(), b.as_numpy())
            answers.append(
                pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", total), pb_utils.Tensor("OUTPUT1", difference)])
            )
        return answers

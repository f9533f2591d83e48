import bentoml
import numpy as np
import torch


class SecureRunnable(bentoml.Runnable):
    SUPPORTED_RESOURCES = ("nvidia.com/gpu", "cpu")
    SUPPORTS_CPU_MULTI_THREADING = True

    def __init__(self):
        self.model = torch.jit.load("model.pt")  # Safe format
        self.max_input_size = 10_000_000

    @bentoml.Runnable.method(batchable=True, batch_dim=0)
    def predict(self, input_arr: np.ndarray) -> np.ndarray:
        if input_arr.nbytes > self.max_input_size:
            raise ValueError("Input too large")
        if len(input_arr.shape) != 2:
            raise ValueError("Invalid input shape")
        with torch.no_grad():
            tensor = torch.from_numpy(input_arr)
            output = self.model(tensor)
        return output.numpy()


secure_runner = bentoml.Runner(
    SecureRunnable,
    name="secure_custom_runner",
    max_batch_size=32,
)

svc = bentoml.Service("service", runners=[secure_runner])

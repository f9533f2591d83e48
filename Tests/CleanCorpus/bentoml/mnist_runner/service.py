# After BentoML's custom runner of the 1.0 series: digits.
import bentoml
import numpy as np
import PIL.Image
from bentoml.io import Image, NumpyNdarray

mnist = bentoml.pytorch.get("pytorch_mnist:latest")
_Builtin = mnist.to_runnable()


class CustomMnistRunnable(_Builtin):
    @bentoml.Runnable.method(batchable=True, batch_dim=0)
    def __call__(self, given: np.ndarray) -> np.ndarray:
        assert given.shape[-1] == 28
        return super().__call__(given.astype("float32"))


runner = bentoml.Runner(
    CustomMnistRunnable, models=[mnist], method_configs={"__call__": {"max_batch_size": 50, "max_latency_ms": 600}})
svc = bentoml.Service("pytorch_mnist_demo", runners=[runner])


@svc.api(input=Image(), output=NumpyNdarray(dtype="int64"))
async def predict_image(given: PIL.Image.Image) -> np.ndarray:
    array = np.expand_dims(np.array(given.convert("L").resize((28, 28))), (0, 1)).astype("float32") / 255.0
    return np.argmax(await runner.async_run(array), axis=1)

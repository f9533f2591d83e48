# After MLServer's example of a runtime of one's own.
from mlserver import MLModel
from mlserver.codecs import decode_args
import numpy as np


class Averages(MLModel):
    async def load(self) -> bool:
        self.ready = True
        return self.ready

    @decode_args
    async def predict(self, payload: np.ndarray) -> np.ndarray:
        return payload.mean(axis=1)

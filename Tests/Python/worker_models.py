# SPDX-License-Identifier: Apache-2.0
"""What the tests of the worker share: model files, values and where the runtime is."""
import sys

import numpy as np
import pytest
from worker_double import ROOT, Input, Server

RUNTIME = ROOT / "Python/buckler"
if str(RUNTIME) not in sys.path:
    sys.path.insert(0, str(RUNTIME))

HEADER = "import numpy as np\nimport triton_python_backend_utils as pb_utils\n"

IDENTITY = HEADER + """
class TritonPythonModel:
    def execute(self, requests):
        return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", t.as_numpy()) for t in r.inputs()])
                for r in requests]
"""

DECOUPLED = {"model_transaction_policy": {"decoupled": True}}


@pytest.fixture
def serve(tmp_path):
    """Starts a worker for a model's text; workers are ended with the test."""
    servers = []

    def start(text, expect=4, **options):
        directory = tmp_path / f"model{len(servers)}" / "1"
        directory.mkdir(parents=True)
        (directory / "model.py").write_text(text)
        server = Server(directory / "model.py", **options)
        servers.append(server)
        assert server.answer.kind == expect, server.answer
        return server

    yield start
    for server in servers:
        server.__exit__()


def fp32(*values, name="IN", shape=None):
    array = np.array(values, dtype=np.float32)
    return Input(name, 11, array.shape if shape is None else shape, array.tobytes())


def values(output, dtype=np.float32):
    return np.frombuffer(output.data, dtype).reshape(output.shape)


def texts(output):
    from triton_python_backend_utils import deserialize_bytes_tensor
    return deserialize_bytes_tensor(output.data).reshape(output.shape).tolist()

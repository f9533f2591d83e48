# SPDX-License-Identifier: Apache-2.0
"""Limits of one model, over both protocols: at the limit, one beyond it, and what others see of it."""
import gzip
import json

import numpy as np
import pytest
import tritonclient.grpc as triton_grpc
import tritonclient.http as triton_http
from access import bearer, make_key
from conftest import identity_model
from tritonclient.utils import InferenceServerException


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    repository = tmp_path_factory.mktemp("limits")
    for name in ("small-a", "small-b", "other"):
        identity_model(repository, name, "TYPE_FP32", dims="-1", batch=8)
    return repository


@pytest.fixture
def server(start_server, models, tmp_path):
    file = tmp_path / "buckler.yaml"
    file.write_text("""model-limit:
  small-*: {max-tensor-elements: 6, max-request-batch-size: 3, max-body-byte-size: 400}
""")
    return start_server(f"--model-repository={models}", f"--config={file}")


def infer(module, url, model, shape):
    with module.InferenceServerClient(url) as client:
        tensor = module.InferInput("INPUT0", list(shape), "FP32")
        tensor.set_data_from_numpy(np.zeros(shape, dtype=np.float32))
        return client.infer(model, [tensor])


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_a_model_has_tighter_limits_than_others(server, protocol):
    module, url = (triton_http, server.url) if protocol == "http" else (triton_grpc, server.grpc_url)
    for model in ("small-a", "small-b"):
        infer(module, url, model, (3, 2))
        for shape, reason in [((1, 7), "7 elements, more than the maximum of 6"),
                              ((4, 1), "batch of 4, more than the maximum of 3"),
                              ((1, 200), "maximum allowed size of 400 bytes")]:
            with pytest.raises(InferenceServerException, match=reason):
                infer(module, url, model, shape)
    for shape in [(1, 7), (4, 1), (1, 200)]:
        infer(module, url, "other", shape)


def test_the_error_says_whose_limit_it_is(server):
    body = json.dumps({"inputs": []}).encode().ljust(401)
    assert b"this model's own (--model-limit)" in server.post("/v2/models/small-a/infer", body)[1]
    packed = gzip.compress(body.ljust((10 << 20) + 1))
    answer = server.post("/v2/models/other/infer", packed, headers={"Content-Encoding": "gzip"})[1]
    assert b"Use --http-max-input-size to increase the limit." in answer


def test_bodies_are_bounded_before_and_after_decompression(server):
    def post(model, size, compressed=False, announced=True):
        body = json.dumps({"inputs": [{"name": "INPUT0", "shape": [1, 1], "datatype": "FP32", "data": [1]}]}).encode()
        body = body.ljust(size)
        headers = {"Content-Encoding": "gzip"} if compressed else {}
        body = gzip.compress(body) if compressed else body
        return server.post(f"/v2/models/{model}/infer", body if announced else iter([body]), headers=headers)[0]

    for compressed in (False, True):
        assert post("small-a", 400, compressed) == 200
        assert post("small-a", 401, compressed) in (400, 413)
        assert post("other", 401, compressed) == 200
    assert post("small-a", 400, announced=False) == 200
    assert post("small-a", 401, announced=False) in (400, 413)


def test_a_model_out_of_reach_does_not_show_its_limits(start_server, models, tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    key = make_key(home, "ci", "--model=other")
    server = start_server(f"--model-repository={models}", "--model-limit=small-*,max-body-byte-size=10", anonymous=False,
                          env={"BUCKLER_HOME": str(home)})
    answers = [server.post(f"/v2/models/{model}/infer", b"{}" * 20, headers=bearer(key)) for model in ("small-a", "nil")]
    assert [status for status, _, _ in answers] == [404, 404]
    assert answers[0][1].replace(b"small-a", b"nil") == answers[1][1]

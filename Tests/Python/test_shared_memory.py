# SPDX-License-Identifier: Apache-2.0
"""System shared memory, driven by Triton's own client, which makes the regions, and by one that means harm."""
import json
import os
import threading
import time
import uuid

import numpy as np
import pytest
import tritonclient.http as http
import tritonclient.utils.shared_memory as shm
from tritonclient.utils import InferenceServerException, serialized_byte_size, serialize_byte_tensor


@pytest.fixture
def sharing(repository, start_server):
    return start_server(f"--model-repository={repository}", "--allow-client-shm=true")


@pytest.fixture
def client(sharing):
    with http.InferenceServerClient(sharing.url) as client:
        yield client


@pytest.fixture
def region():
    """Makes regions, which are gone again after the test."""
    made = []

    def make(byte_size, name=None):
        key = f"/buckler-{uuid.uuid4()}"
        handle = shm.create_shared_memory_region(name or f"region{len(made)}", key, byte_size)
        made.append(handle)
        return handle, key

    yield make
    for handle in made:
        shm.destroy_shared_memory_region(handle)


def infer(client, name, shape, datatype, source, target=None, size=None, model="identity_float32"):
    tensor = http.InferInput("INPUT0", shape, datatype)
    tensor.set_shared_memory(*source)
    output = http.InferRequestedOutput("OUTPUT0", binary_data=target is None)
    if target:
        output.set_shared_memory(*target)
    return client.infer(model, [tensor], outputs=[output])


def test_inputs_and_outputs_go_through_it(client, region):
    values = np.arange(24, dtype=np.float32).reshape(4, 6)
    (source, source_key), (target, target_key) = region(96), region(128)
    shm.set_shared_memory_region(source, [values])
    client.register_system_shared_memory("in", source_key, 96)
    client.register_system_shared_memory("out", target_key, 112, offset=16)
    assert client.get_system_shared_memory_status() == [
        {"name": "in", "key": source_key, "offset": 0, "byte_size": 96},
        {"name": "out", "key": target_key, "offset": 16, "byte_size": 112},
    ]
    result = infer(client, "m", [4, 6], "FP32", ("in", 96), ("out", 96, 16))
    output = result.get_output("OUTPUT0")
    assert output["parameters"] == {
        "shared_memory_region": "out", "shared_memory_offset": 16, "shared_memory_byte_size": 96,
    }
    assert "data" not in output
    np.testing.assert_array_equal(shm.get_contents_as_numpy(target, np.float32, [4, 6], offset=32), values)

    assert np.array_equal(infer(client, "m", [2, 3], "FP32", ("in", 24, 24)).as_numpy("OUTPUT0").ravel(),
                          values.ravel()[6:12])
    client.unregister_system_shared_memory("in")
    assert [entry["name"] for entry in client.get_system_shared_memory_status()] == ["out"]
    with pytest.raises(InferenceServerException, match="Unable to find shared memory region: 'in'"):
        infer(client, "m", [4, 6], "FP32", ("in", 96))
    client.unregister_system_shared_memory()
    assert client.get_system_shared_memory_status() == []


def test_strings_go_through_it(client, region):
    words = np.array([b"", b"a", "\u00e4\u00f6".encode(), b"\x00\xff"], dtype=np.object_).reshape(2, 2)
    size = serialized_byte_size(serialize_byte_tensor(words))
    (source, source_key), (target, target_key) = region(size), region(size + 100)
    shm.set_shared_memory_region(source, [serialize_byte_tensor(words)])
    client.register_system_shared_memory("in", source_key, size)
    client.register_system_shared_memory("out", target_key, size + 100)
    result = infer(client, "m", [2, 2], "BYTES", ("in", size), ("out", size + 100), model="identity_object")
    assert result.get_output("OUTPUT0")["parameters"]["shared_memory_byte_size"] == size
    np.testing.assert_array_equal(shm.get_contents_as_numpy(target, np.object_, [2, 2]), words)


def test_what_is_asked_of_it_must_fit(client, region):
    source, key = region(64)
    client.register_system_shared_memory("r", key, 64)
    for slice_, text in [
        (("r", 64, 8), "Invalid offset [+] byte size for shared memory region: 'r'"),
        (("r", 8, 65), "Invalid offset for shared memory region: 'r'"),
        (("nothing", 8), "Unable to find shared memory region: 'nothing'"),
        (("r", 8), "input byte size mismatch for input 'INPUT0'.* Expected 64, got 8"),
    ]:
        with pytest.raises(InferenceServerException, match=text):
            infer(client, "m", [4, 4], "FP32", slice_)
    with pytest.raises(InferenceServerException, match="output 'OUTPUT0' .63 bytes. should be at least 64 bytes"):
        infer(client, "m", [4, 4], "FP32", ("r", 64), ("r", 63))
    with pytest.raises(InferenceServerException, match="already in manager"):
        client.register_system_shared_memory("r", key, 64)
    with pytest.raises(InferenceServerException, match="failed to register shared memory region 's': invalid args"):
        client.register_system_shared_memory("s", key, 65)


def post(server, path, document):
    status, body, _ = server.post(path, json.dumps(document).encode())
    return status, json.loads(body)["error"] if body else None


@pytest.mark.parametrize("key", [
    "/../etc/passwd", "../../etc/passwd", "/..", "a/b", "/", "", "sem.x", "triton_python_backend_shm_region_0",
    "/absent", "/link", "a\u0000b",
])
def test_no_key_reaches_anything_else_and_no_error_repeats_it(sharing, key, tmp_path):
    link = f"/dev/shm/link-{uuid.uuid4()}"
    os.symlink("/etc/passwd", link)
    try:
        key = key if key != "/link" else "/" + os.path.basename(link)
        status, error = post(sharing, "/v2/systemsharedmemory/region/r/register", {"key": key, "byte_size": 1})
        assert status in (400, 500)
        assert "passwd" not in error and "/dev" not in error and f"'{key}'" not in error
        assert sharing.get("/v2/systemsharedmemory/status")[1] == b"[]"
    finally:
        os.unlink(link)


def test_another_users_memory_is_not_shared(repository, start_server, region):
    _, key = region(8)
    server = start_server(
        f"--model-repository={repository}", "--allow-client-shm=true", f"--client-shm-owner-uids={os.geteuid() + 1}"
    )
    assert post(server, "/v2/systemsharedmemory/region/r/register", {"key": key, "byte_size": 8}) == (
        500, "Unable to open shared memory region: 'r'",
    )


def test_a_region_cut_short_between_registration_and_request_fails_that_request_only(sharing, client, region):
    source, key = region(1 << 20)
    client.register_system_shared_memory("r", key, 1 << 20)
    path = "/dev/shm" + key
    os.truncate(path, 4096)
    assert infer(client, "m", [16, 64], "FP32", ("r", 4096)).as_numpy("OUTPUT0").shape == (16, 64)
    with pytest.raises(InferenceServerException, match="no longer has all of the bytes"):
        infer(client, "m", [512, 512], "FP32", ("r", 1 << 20))
    os.truncate(path, 0)
    values = np.zeros((4, 4), dtype=np.float32)
    tensor = http.InferInput("INPUT0", [4, 4], "FP32")
    tensor.set_data_from_numpy(values)
    output = http.InferRequestedOutput("OUTPUT0")
    output.set_shared_memory("r", 64)
    with pytest.raises(InferenceServerException, match="no longer has all of the bytes"):
        client.infer("identity_float32", [tensor], outputs=[output])
    assert os.stat(path).st_size == 0
    assert client.is_server_live() and sharing.process.poll() is None


def test_a_region_that_shrinks_and_grows_all_the_time_harms_no_one(sharing, client, region):
    source, key = region(1 << 20)
    client.register_system_shared_memory("r", key, 1 << 20)
    done = threading.Event()

    def shake():
        while not done.is_set():
            os.truncate("/dev/shm" + key, 0)
            os.truncate("/dev/shm" + key, 1 << 20)

    shaker = threading.Thread(target=shake)
    shaker.start()
    try:
        until = time.monotonic() + 3
        outcomes = {True: 0, False: 0}
        while time.monotonic() < until:
            try:
                infer(client, "m", [512, 256], "FP32", ("r", 1 << 19), ("r", 1 << 19, 1 << 19))
                outcomes[True] += 1
            except InferenceServerException as error:
                assert "no longer has all of the bytes" in error.message()
                outcomes[False] += 1
    finally:
        done.set()
        shaker.join()
    assert sum(outcomes.values()) > 20
    assert sharing.process.poll() is None


def test_outputs_of_a_request_may_not_overlap_but_regions_may(client, region):
    _, key = region(64)
    client.register_system_shared_memory("a", key, 64)
    client.register_system_shared_memory("b", key, 32, offset=32)
    client.register_system_shared_memory("c", key, 64)
    assert infer(client, "m", [2, 4], "FP32", ("a", 32), ("b", 32)).get_output("OUTPUT0")


def test_unregistering_all_while_requests_run_ends_and_leaves_nothing(sharing, client, region):
    _, key = region(4096)
    failures = []

    def work(index):
        with http.InferenceServerClient(sharing.url) as own:
            for _ in range(30):
                try:
                    own.register_system_shared_memory(f"r{index}", key, 4096)
                    infer(own, "m", [16, 64], "FP32", (f"r{index}", 4096), (f"r{index}", 4096))
                except InferenceServerException as error:
                    known = ("Unable to find", "already in manager", "is being unregistered")
                    if not any(text in error.message() for text in known):
                        failures.append(error.message())
                own.unregister_system_shared_memory(f"r{index}" if index % 2 else "")

    workers = [threading.Thread(target=work, args=(index,)) for index in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert not failures
    assert client.get_system_shared_memory_status() == []
    descriptors = [os.readlink(f"/proc/{sharing.process.pid}/fd/{name}")
                   for name in os.listdir(f"/proc/{sharing.process.pid}/fd")]
    assert not [path for path in descriptors if path.startswith("/dev/shm/")]


def test_regions_are_bounded(repository, start_server, region):
    server = start_server(f"--model-repository={repository}", "--allow-client-shm=true", "--max-client-shm-regions=2")
    _, key = region(8)
    for name, status in [("a", 200), ("b", 200), ("c", 429)]:
        body = json.dumps({"key": key, "byte_size": 8}).encode()
        assert server.post(f"/v2/systemsharedmemory/region/{name}/register", body)[0] == status
    body = json.dumps({"key": key, "byte_size": 8, "pad": "x" * (64 << 10)}).encode()
    assert server.post("/v2/systemsharedmemory/region/d/register", body)[0] == 413


def test_a_request_cannot_have_more_read_than_a_body_may_have(repository, start_server, region):
    server = start_server(f"--model-repository={repository}", "--allow-client-shm=true")
    _, key = region((10 << 20) + 4)
    with http.InferenceServerClient(server.url) as client:
        client.register_system_shared_memory("r", key, (10 << 20) + 4)
        assert infer(client, "m", [1, (10 << 18)], "FP32", ("r", 10 << 20), ("r", 10 << 20)).get_output("OUTPUT0")
        with pytest.raises(InferenceServerException, match="more than the maximum of 10485760 bytes"):
            infer(client, "m", [1, (10 << 18) + 1], "FP32", ("r", (10 << 20) + 4))


def test_it_is_off_unless_it_is_allowed(server):
    text = "Client shared memory is disabled. Start the server with '--allow-client-shm=true' to enable."
    for kind in ["system", "cuda"]:
        register = {"key": "/k", "byte_size": 1}
        assert post(server, f"/v2/{kind}sharedmemory/region/r/register", register) == (501, text)
        assert post(server, f"/v2/{kind}sharedmemory/region/r/unregister", {}) == (501, text)
        assert post(server, f"/v2/{kind}sharedmemory/unregister", {}) == (501, text)
        assert server.get(f"/v2/{kind}sharedmemory/status")[:2] == (200, b"[]")
        assert server.get(f"/v2/{kind}sharedmemory/region/r/status")[0] == 404
    body = {"inputs": [{"name": "INPUT0", "shape": [1, 1], "datatype": "FP32", "parameters": {
        "shared_memory_region": "r", "shared_memory_byte_size": 4}}]}
    assert post(server, "/v2/models/identity_float32/infer", body) == (501, text)
    body = {"inputs": [{"name": "INPUT0", "shape": [1, 1], "datatype": "FP32", "data": [1]}],
            "outputs": [{"name": "OUTPUT0", "parameters": {
                "shared_memory_region": "r", "shared_memory_byte_size": 4}}]}
    assert post(server, "/v2/models/identity_float32/infer", body) == (501, text)


def test_cuda_memory_is_answered_as_by_a_build_without_gpus(sharing, client):
    assert client.get_cuda_shared_memory_status() == []
    with pytest.raises(InferenceServerException, match="'g', GPUs not supported"):
        client.register_cuda_shared_memory("g", b"AAAA", 0, 8)
    with pytest.raises(InferenceServerException, match="Unable to find cuda shared memory region: 'g'"):
        client.get_cuda_shared_memory_status("g")
    client.unregister_cuda_shared_memory()

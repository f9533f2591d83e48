# SPDX-License-Identifier: Apache-2.0
"""Published holes of other model servers, tried on this one: those of access, of settings and of what errors tell."""
import json
import re

import pytest
import tritonclient.grpc as triton_grpc
from access import ALL, bearer, exchange, make_key
from conftest import identity_model
from tritonclient.utils import InferenceServerException


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A server with a key for everything, one that may only infer, and files that nobody may name."""
    from conftest import Server

    home = tmp_path_factory.mktemp("home")
    home.chmod(0o700)
    repository = tmp_path_factory.mktemp("models")
    identity_model(repository, "alpha", "TYPE_FP32")
    admin, user = make_key(home, "admin", f"--scopes={ALL}"), make_key(home, "user", "--scopes=infer")
    server = Server(f"--model-repository={repository}", "--model-control-mode=explicit", "--load-model=alpha",
                    "--allow-client-shm=true", log=tmp_path_factory.mktemp("log") / "server.log", anonymous=False,
                    env={"BUCKLER_HOME": str(home)})
    server.wait_ready()
    server.home, server.repository, server.admin, server.user = home, repository, bearer(admin), bearer(user)
    yield server
    assert server.stop() == 0, server.log.read_text()


@pytest.mark.parametrize("setting", ["log_file", "log_File", "trace_file", "trace_config"])
def test_cve_2024_0087_and_0100_no_request_names_a_file_of_the_server(guarded, tmp_path, setting):
    target = tmp_path / "written"
    for path in ("/v2/logging", "/v2/trace/setting", "/v2/models/alpha/trace/setting"):
        for value in (str(target), [str(target)], ""):
            body = json.dumps({setting: value}).encode()
            assert guarded.post(path, body)[0] == 401
            assert guarded.post(path, body, headers=guarded.user)[0] == 403
            assert 400 <= guarded.post(path, body, headers=guarded.admin)[0] < 600
    with triton_grpc.InferenceServerClient(guarded.grpc_url) as client:
        for change in (lambda: client.update_log_settings({"log_file": str(target)}, headers=guarded.admin),
                       lambda: client.update_trace_settings(settings={"trace_file": str(target)},
                                                            headers=guarded.admin)):
            with pytest.raises(InferenceServerException, match="can not be updated through network protocol"):
                change()
    assert not target.exists()


def test_cve_2024_0087_and_0100_settings_are_not_shown_to_everyone(guarded):
    for path in ("/v2/logging", "/v2/trace/setting", "/v2/models/alpha/trace/setting"):
        assert guarded.get(path)[0] == 401
        assert guarded.get(path, headers=guarded.user)[0] == 403
        status, text, _ = guarded.get(path, headers=guarded.admin)
        assert status == 200 and b"/" not in text, "no path of ours either"


DISCLOSING = re.compile(rb"/(?:tmp|home|root|usr|work|dev|proc|etc|var)/|0x[0-9a-f]{6,}|\.swift|/dev/shm|pid \d|buckler")


def test_cve_2025_23320_no_error_tells_of_the_inside(guarded):
    """An error about a large request told the name of a shared-memory region: the first link of a chain."""
    tensor = {"name": "INPUT0", "shape": [1, 1], "datatype": "FP32"}
    bodies = [b"", b"{", b"[" * 5000, b"\xff\xfe", json.dumps({"inputs": [{**tensor, "data": [1] * 70000}]}).encode()]
    for change in ({"shape": [1 << 40, 1 << 40]}, {"shape": [-1]}, {"datatype": "OBJECT"}, {"name": "x" * 5000},
                   {"parameters": {"shared_memory_region": "none", "shared_memory_byte_size": 4}},
                   {"parameters": {"shared_memory_region": "none", "shared_memory_byte_size": 1 << 62}},
                   {"parameters": {"binary_data_size": 1 << 62}}, {"data": [[[[]]]]}, {"data": ["a"]}):
        bodies.append(json.dumps({"inputs": [{**tensor, "data": [1], **change}]}).encode())
    paths = [("POST", f"/v2/models/alpha/{action}") for action in ("infer", "generate", "generate_stream")]
    paths += [("POST", f"/v2/{path}") for path in (
        "repository/index", "repository/models/alpha/load", "repository/models/none/load", "logging", "trace/setting",
        "models/alpha/trace/setting", "systemsharedmemory/region/r/register", "cudasharedmemory/region/r/register",
        "systemsharedmemory/region/r/unregister")]
    paths += [("GET", f"/v2/{path}") for path in (
        "models/none", "models/none/config", "models/none/stats", "models/alpha/versions/9", "nothing",
        "systemsharedmemory/region/none/status", "models/..%2f..%2fetc", "models/alpha/versions/0/infer")]
    seen = 0
    for method, path in paths:
        for body in bodies if method == "POST" else [None]:
            status, text, headers = guarded.request(method, path, body, headers=guarded.admin)
            if status < 400:
                continue
            seen += 1
            sent = (body or b"") + path.encode()
            found = DISCLOSING.search(text)
            assert not found or found[0] in sent, f"{method} {path} {body!r:.60}: {text!r:.300}"
            assert "Server" not in headers and "X-Powered-By" not in headers
    assert seen > 100
    key = {"key": "/no-such-object", "offset": 0, "byte_size": 1 << 40}
    status, text, _ = guarded.post("/v2/systemsharedmemory/region/r/register", json.dumps(key).encode(),
                                   headers=guarded.admin)
    assert status in (400, 500) and b"no-such-object" not in text


@pytest.mark.parametrize("key", ["/triton_python_backend_shm_region_1", "triton_python_backend_shm_region_0", "/../mem",
                                 "/../../etc/passwd", "//x", "/proc/self/mem", "\x00/x"])
def test_cve_2025_23329_no_key_of_a_region_reaches_what_is_not_a_clients(guarded, key):
    body = json.dumps({"key": key, "offset": 0, "byte_size": 64}).encode()
    path = "/v2/systemsharedmemory/region/r/register"
    assert guarded.post(path, body)[0] == 401
    assert guarded.post(path, body, headers=guarded.user)[0] == 403
    status, text, _ = guarded.post(path, body, headers=guarded.admin)
    assert status in (400, 500) and b"region_1" not in text


@pytest.mark.parametrize("name", ["..", "%2e%2e", "..%2f..%2fetc", "a%2fb", "\\..\\x", "a%00b", "\u2025", "a;id", "$(id)"])
def test_cve_2023_31036_and_cve_2025_23316_a_models_name_is_nothing_but_a_name(guarded, name):
    raw = name.encode()
    for action in (b"load", b"unload"):
        for header, status in [("", b"401"), (f"Authorization: {guarded.user['authorization']}\r\n", b"403")]:
            answer = exchange(guarded.port, b"POST /v2/repository/models/%s/%s HTTP/1.1\r\nHost: localhost\r\n%s"
                              b"Content-Length: 0\r\nConnection: close\r\n\r\n" % (raw, action, header.encode()))
            assert answer.split()[1] in (status, b"400"), answer
    answer = exchange(guarded.port, b"POST /v2/repository/models/%s/load HTTP/1.1\r\nHost: localhost\r\nAuthorization: %s\r\n"
                      b"Content-Length: 0\r\nConnection: close\r\n\r\n"
                      % (raw, guarded.admin["authorization"].encode()))
    assert answer.split()[1] in (b"400", b"404") or b"model not found in any model repository" in answer, answer
    assert str(guarded.repository).encode() not in answer


@pytest.mark.parametrize("path", [
    "/invocations", "/ping", "/models/alpha/invoke", "/predict", "/v1/models/alpha:predict", "/v2/models/alpha/infer/",
    "//v2/models/alpha/infer", "/v2//models/alpha/infer", "/v2/models/alpha%2finfer", "/V2/models/alpha/infer",
    "/v2/health/live/../../models/alpha/infer", "/v2/health/live%2f..%2f..%2fmodels/alpha/infer",
    "http://127.0.0.1/v2/models/alpha/infer", "/v2/models/alpha/infer;/v2/health/live", "/v2/models/alpha/infer?/livez"])
def test_cve_2026_24206_24207_47481_and_vllm_58144_no_other_path_leads_past_the_gate(guarded, path):
    body = b'{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FP32","data":[1]}]}'
    for method in ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"):
        for headers in ("", "X-Original-URL: /v2/health/live\r\n", "X-Rewrite-URL: /livez\r\n",
                        "X-HTTP-Method-Override: GET\r\n", "X-Forwarded-For: 127.0.0.1\r\nX-Real-IP: ::1\r\n"):
            answer = exchange(guarded.port, f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Connection: close\r\n"
                              f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
            assert answer.split()[1] == b"401", f"{method} {path} {headers}: {answer}"


def test_cve_2025_62593_a_browser_has_no_credential_to_lend(guarded):
    """DNS rebinding: a page in the operator's browser talks to the server on loopback under a name of its own. Nothing
    here is done for whoever merely reaches the port, and no credential is one that a browser sends by itself."""
    for host in ("attacker.example", "127.0.0.1", "localhost"):
        for path in ("/v2", "/v2/repository/index", "/v2/logging", "/v2/models/alpha/infer"):
            answer = exchange(guarded.port, f"POST {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
                              "User-Agent: curl/8\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
                              f"Cookie: x-api-key={guarded.admin['authorization'][7:]}\r\nConnection: close\r\n\r\n{{}}")
            assert answer.split()[1] == (b"421" if host == "attacker.example" else b"401")
            assert b"access-control-allow" not in answer.lower() and b"basic" not in answer.lower().split(b"\r\n\r\n")[0]


@pytest.mark.parametrize("content_type", ["application/vnd.bentoml+pickle", "application/octet-stream",
                                          "Application/VND.BentoML+Pickle; x=y", "multipart/form-data; boundary=x"])
def test_ghsa_2mcr_m9qx_5vwr_no_content_type_chooses_another_reader(guarded, tmp_path, content_type):
    canary = tmp_path / "canary"
    pickled = b"cos\nsystem\n(S'touch " + str(canary).encode() + b"'\ntR."
    for path in ("models/alpha/infer", "models/alpha/generate", "repository/index", "repository/models/alpha/load",
                 "logging"):
        headers = {"Content-Type": content_type}
        assert guarded.post(f"/v2/{path}", pickled, headers=headers)[0] == 401
        status, _, _ = guarded.post(f"/v2/{path}", pickled, headers={**headers, **guarded.admin})
        assert status in (400, 415), path
    assert not canary.exists()

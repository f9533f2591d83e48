# SPDX-License-Identifier: Apache-2.0
"""The server refuses at load what the auditor calls an error: at start, on reload, and by the load API."""

import base64
import io
import json
import os
import pickle
import shutil
import tarfile

import pytest

from access import admission_lines, bearer, make_key
from auditor import audit
from conftest import eventually, identity_model
from hosted_models import MODELS, onnx_model
from python_models import python_model
from test_python_models import INTERPRETER

PLAIN = 'backend: "identity"\nmax_batch_size: 1\n' \
        'input { name: "INPUT0" data_type: TYPE_FP32 dims: [ 1 ] }\n' \
        'output { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ 1 ] }\n'
SHELL = """
import os


class TritonPythonModel:
    def execute(self, requests):
        for request in requests:
            command = pb_utils.get_input_tensor_by_name(request, "INPUT0").as_numpy()[0].decode()
            os.system(command)
"""


@pytest.fixture
def repository(tmp_path):
    directory = tmp_path / "repository"
    directory.mkdir()
    return directory


@pytest.fixture
def serve(repository, start_server):
    def start(*arguments, **options):
        return start_server(f"--model-repository={repository}", INTERPRETER, "--exit-on-error=false",
                            "--strict-readiness=false", *arguments, **options)
    return start


def model(repository, name, config=PLAIN, files=()):
    (repository / name / "1").mkdir(parents=True)
    (repository / name / "config.pbtxt").write_text(config)
    for path, content in dict(files).items():
        (repository / name / path).write_bytes(content)


def with_pickle(repository):
    model(repository, "m", files={"1/weights.bin": pickle.dumps({"w": os.system}, 0)})


def with_library(repository):
    model(repository, "m", files={"1/libx.so": b"\x7fELF\x02\x01\x01" + bytes(64)})


def with_link_out(repository):
    model(repository, "m")
    (repository.parent / "secret").write_text("x")
    (repository / "m/1/data").symlink_to("../../../secret")


def with_escape(repository):
    model(repository, "m", PLAIN + 'default_model_filename: "../../x"\n')


def with_malformed(repository):
    model(repository, "m", PLAIN.replace("identity", "onnxruntime"),
          {"1/model.onnx": (MODELS / "mlp.onnx").read_bytes()[:-100]})


def with_many_instances(repository):
    model(repository, "m", PLAIN + "instance_group { count: 100 kind: KIND_CPU }\n")


def with_archive(repository):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        entry = tarfile.TarInfo("notes.txt")
        entry.size = 5
        archive.addfile(entry, io.BytesIO(b"notes"))
    model(repository, "m", files={"1/more.tar.gz": packed.getvalue()})


def with_shell(repository):
    python_model(repository, "m", SHELL, dtype="TYPE_STRING")


# By what the auditor has to call an error in either profile; the second is what an ordinary Triton repository must not have.
EVERYWHERE = [with_pickle, with_library, with_link_out, with_escape, with_malformed]
BY_DEFAULT = [with_many_instances, with_archive, with_shell]


def load(server, name="m", parameters=None):
    body = json.dumps({"parameters": parameters or {}}).encode()
    status, answer, _ = server.post(f"/v2/repository/models/{name}/load", body)
    return status, answer.decode()


@pytest.mark.parametrize("profile", ["secure", "triton"])
@pytest.mark.parametrize("make", EVERYWHERE + BY_DEFAULT, ids=lambda make: make.__name__)
def test_what_is_an_error_to_the_auditor_is_not_loaded(repository, serve, profile, make):
    make(repository)
    told = audit(repository, options=["--profile", profile])
    errors = told.rules("error")
    assert bool(errors) == (profile == "secure" or make in EVERYWHERE), told.findings
    server = serve(f"--profile={profile}", "--model-control-mode=explicit", anonymous=profile == "secure")
    status, answer = load(server)
    if not errors:
        assert "refused by the admission policy" not in answer
        return
    assert status == 400, answer
    # A configuration that cannot be loaded is refused before anybody is asked; all else by the rules that found it.
    if "refused by the admission policy" in answer:
        assert all(rule in answer for rule in errors), (errors, answer)
        assert str(repository) not in answer
    else:
        assert "BKL-R018" in errors or "BKL-R001" in errors, answer
    assert server.get("/v2/models/m/ready")[0] != 200


def test_at_start_too_and_the_others_serve(repository, serve):
    with_pickle(repository)
    identity_model(repository, "good", "TYPE_FP32")
    server = serve()
    assert eventually(lambda: server.get("/v2/models/good/ready")[0] == 200)
    index = json.loads(server.post("/v2/repository/index")[1])
    state = {entry["name"]: entry for entry in index}
    assert state["m"].get("state") != "READY" and "BKL-M001" in state["m"]["reason"]
    log = server.log.read_text()
    assert "BKL-M001" in log and "weights.bin" in log, "the operator is told which file it is"


def test_a_reload_that_is_refused_leaves_what_serves(repository, serve):
    model(repository, "m")
    server = serve("--model-control-mode=explicit", "--load-model=m")
    assert server.get("/v2/models/m/ready")[0] == 200
    (repository / "m/1/weights.bin").write_bytes(pickle.dumps({"w": os.system}, 0))
    status, answer = load(server)
    assert status == 400 and "BKL-M001" in answer
    assert server.get("/v2/models/m/ready")[0] == 200


def test_files_of_a_load_request_are_judged(repository, serve):
    server = serve("--model-control-mode=explicit")
    onnx = base64.b64encode((MODELS / "identity_fp32.onnx").read_bytes()).decode()
    bad = base64.b64encode(pickle.dumps({"w": os.system})).decode()
    config = json.dumps({"backend": "onnxruntime"})
    status, answer = load(server, "made", {"config": config, "file:1/model.onnx": onnx, "file:1/w.bin": bad})
    assert status == 400 and "BKL-M001" in answer
    many = json.dumps({"backend": "onnxruntime", "instance_group": [{"count": 100, "kind": "KIND_CPU"}]})
    status, answer = load(server, "made", {"config": many, "file:1/model.onnx": onnx})
    assert status == 400 and "BKL-R011" in answer
    assert load(server, "made", {"config": config, "file:1/model.onnx": onnx}) == (200, "")


@pytest.mark.parametrize("text, loads", [
    ("rules: {BKL-R011: warn}", True), ("rules: {BKL-R011: off}", True), ("rules: {'*': warn}", True),
    ("models: [{name: 'm*', rules: {BKL-R011: warn}}]", True), ("models: [{name: 'x*', rules: {BKL-R011: warn}}]", False),
])
def test_a_policy_says_otherwise(repository, serve, tmp_path, text, loads):
    with_many_instances(repository)
    policy = tmp_path / "policy.yaml"
    policy.write_text(text)
    server = serve("--model-control-mode=explicit", f"--admission-policy={policy}")
    assert load(server)[0] == (200 if loads else 400)
    assert ("--admission-policy: " in server.log.read_text()), "what is relaxed is told at start"


def test_a_policy_that_cannot_be_meant_ends_the_start(repository, start_server, tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text("rules:\n  BKL-R999: warn\n")
    with pytest.raises(Exception, match="there is no rule 'BKL-R999'"):
        start_server(f"--model-repository={repository}", f"--admission-policy={policy}")


def test_findings_are_in_metadata_metrics_log_and_ledger(repository, start_server, tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    key = make_key(home, "ci", "--scopes=infer,metadata,metrics,admin")
    model(repository, "m", PLAIN + "version_policy { all {} }\nresponse_cache { enable: false }\n")
    with_bad = repository / "bad"
    shutil.copytree(repository / "m", with_bad)
    (with_bad / "1/x.pkl").write_bytes(pickle.dumps({"w": os.system}))
    server = start_server(f"--model-repository={repository}", "--exit-on-error=false", "--strict-readiness=false",
                          f"--ledger-directory={home}/log",
                          anonymous=False, env={"BUCKLER_HOME": str(home)})
    assert eventually(lambda: server.get("/v2/models/m/ready", headers=bearer(key))[0] == 200)
    metadata = json.loads(server.get("/v2/models/m", headers=bearer(key))[1])
    assert metadata["findings"] == [{"rule": "BKL-R010", "severity": "warning"}]
    page = server.get("/metrics", port=server.metrics_port, headers=bearer(key))[1].decode()
    assert 'buckler_model_findings{model="m",rule="BKL-R010",severity="warning"} 1' in page
    assert 'buckler_model_refusals_total{model="bad"} 1' in page
    assert "warning BKL-R010" in server.log.read_text()
    assert server.stop() == 0
    lines = {line["model"]: line for line in admission_lines(home / "log")}
    assert lines["m"]["kind"] == "act" and lines["m"]["reason"] == "BKL-R010 warning"
    assert lines["bad"]["kind"] == "deny" and "BKL-M001 error" in lines["bad"]["reason"]


def test_settings_are_judged_at_start(repository, serve):
    identity_model(repository, "good", "TYPE_FP32")
    server = serve("--placement=process")
    assert "settings: warning BKL-N009" in server.log.read_text()

# SPDX-License-Identifier: Apache-2.0
"""The Don'ts of both rule sheets, from their fixtures, and what each would be without its defect."""
from pathlib import Path

import containers as made
import pickles
import yaml
from corpus import Defect

SHEETS = Path(__file__).resolve().parents[1] / "RuleSheets"

VALIDATED = '''\
class Given(BaseModel):
    data: list[float] = Field(..., max_length=1000)


'''
PYDANTIC = ("from bentoml.io import JSON\n", "from bentoml.io import JSON\nfrom pydantic import BaseModel, Field\n")
GUARDED = (SHEETS / "bentoml/5-do-guarded-service/project/service.py").read_text()
AUTHENTICATION, LIMIT = GUARDED[GUARDED.index("class Auth"):].split("class PredictionInput")[0].split("class RateLimit")
SERVICE = "svc = bentoml.Service(\"api\", runners=[runner])\n"
LIMITS = """
          limits: {memory: "4Gi", cpu: "2"}
          requests: {memory: "2Gi", cpu: "1"}"""
CHECKED_EXECUTE = '''\
    def execute(self, requests):
        answers = []
        for request in requests:
            data = pb_utils.get_input_tensor_by_name(request, "INPUT").as_numpy()
            if data.nbytes > 1_000_000 or data.ndim != 2:
                answers.append(pb_utils.InferenceResponse(error=pb_utils.TritonError("too large")))
                continue
            answers.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT", data * 2)]))
        return answers
'''

# Of each Don't: file, then pairs of old and new text; None in place of the old text replaces the file.
TWINS = {
    "bentoml/1-dont-import-unverified": ("deploy.py", (
        "bento = bentoml.import_bento(untrusted_path)",
        "expected_hash = sys.argv[2]\n"
        "if hashlib.sha256(open(untrusted_path, \"rb\").read()).hexdigest() != expected_hash:\n"
        "    raise SystemExit(\"not the bento that was built\")\n"
        "bento = bentoml.import_bento(untrusted_path)"), ("import sys\n", "import hashlib\nimport sys\n")),
    "bentoml/1-dont-include-everything": ("bentofile.yaml", (
        '  - "*"  # Includes .env, secrets, etc.\n', '  - "*.py"\nexclude:\n  - ".env"\n')),
    "bentoml/1-dont-root": ("bentofile.yaml", ("  # No user specified - runs as root", "  user: bentoml")),
    "bentoml/1-dont-unpinned": ("bentofile.yaml", (
        "    - torch  # Unpinned - supply chain risk\n    - numpy\n",
        "    - torch==2.0.1\n    - numpy==1.24.0\n  lock_packages: true\n")),
    "bentoml/2-dont-any-size": ("service.py", (
        "input=NumpyNdarray(),  # Any size array",
        "input=NumpyNdarray(dtype=\"float32\", shape=(-1, 4), enforce_dtype=True, enforce_shape=True),"), (
        "    return runner.run(arr)  # Could be huge",
        "    if arr.nbytes > 10_000_000:\n        raise ValueError(\"Input too large\")\n    return runner.run(arr)")),
    "bentoml/2-dont-eval": ("service.py", (
        "eval(code)  # Never do this", "{\"length\": len(str(code))}")),
    "bentoml/2-dont-no-validation": ("service.py", PYDANTIC, ("runner =", VALIDATED + "runner ="), (
        "input=JSON(), output", "input=JSON(pydantic_model=Given), output"), (
        "input_data: dict", "input_data: Given"), (
        "    # Accept any structure\n", ""), ("async_run(input_data)", "async_run(input_data.data)")),
    "bentoml/2-dont-open-path": ("service.py", (
        "open(path).read()  # Path traversal", "{\"path\": str(path)}")),
    "bentoml/3-dont-no-limits": ("service.py", (
        "to_runner()  # Unlimited resources", "to_runner(max_batch_size=32, max_latency_ms=1000)")),
    "bentoml/3-dont-no-validation": ("runner.py", (
        "        return self.model(data)  # Any size/type",
        "        if data.nbytes > 1_000_000 or len(data.shape) != 2:\n"
        "            raise ValueError(\"Input too large\")\n        return self.model(data)")),
    "bentoml/3-dont-pickle": ("runner.py", (
        "        import pickle\n        self.model = pickle.load(open(\"model.pkl\", \"rb\"))  # RCE",
        "        import onnxruntime\n        self.model = onnxruntime.InferenceSession(\"model.onnx\")")),
    "bentoml/3-dont-shell": ("runner.py", (
        "        import subprocess\n        return subprocess.check_output(cmd, shell=True)  # Command injection",
        "        return str(len(cmd))")),
    "bentoml/4-dont-docker-socket": ("docker-compose.yml", (
        "      - /var/run/docker.sock:/var/run/docker.sock  # Docker escape", "      - ./models:/models:ro")),
    "bentoml/4-dont-no-limits": ("deployment.yaml", ("\n          {}", LIMITS)),
    "bentoml/4-dont-privileged": ("deployment.yaml", ("privileged: true", "privileged: false")),
    "bentoml/4-dont-root": ("Dockerfile", ("CMD", "USER 10001\nCMD")),
    "bentoml/4-dont-secret-in-env": ("bentofile.yaml", (
        "API_KEY=secret123  # Exposed in image", "PYTHONUNBUFFERED=1")),
    "bentoml/5-dont-cors": ("service.py", (
        'allow_origins=["*"],  # Any origin', 'allow_origins=["https://app.example"],'), (
        'allow_methods=["*"]', 'allow_methods=["POST"]'), ('allow_headers=["*"]', 'allow_headers=["X-API-Key"]')),
    "bentoml/5-dont-no-audit-log": ("service.py", ("import bentoml\n", "import logging\n\nimport bentoml\n"), (
        "runner =", "logger = logging.getLogger(\"bentoml.security\")\nrunner ="), (
        "    return await",
        "    logger.info(\"Prediction request\", extra={\"length\": len(data.data)})\n    return await")),
    "bentoml/5-dont-no-authentication": ("service.py", (
        "import bentoml\n", "import hmac\nimport os\n\nimport bentoml\n"), (
        "Field\n", "Field\nfrom starlette.responses import JSONResponse\n"), (
        "class Prediction", AUTHENTICATION + "class Prediction"), (
        SERVICE, SERVICE + "svc.add_asgi_middleware(AuthMiddleware)\n")),
    "bentoml/5-dont-no-rate-limit": ("service.py", (
        "import bentoml\n", "from collections import OrderedDict\nfrom time import time\n\nimport bentoml\n"), (
        "Field\n", "Field\nfrom starlette.responses import JSONResponse\n"), (
        "class Prediction", "class RateLimit" + LIMIT + "class Prediction"), (
        SERVICE, SERVICE + "svc.add_asgi_middleware(RateLimitMiddleware, requests_per_minute=100)\n")),
    "triton/1-dont-all-versions": ("models/m/config.pbtxt", (
        "{ all: {} }  # Loads all versions including untested", "{ specific: { versions: [ 1 ] } }")),
    "triton/1-dont-many-instances": ("models/m/config.pbtxt", (
        "count: 100  # Excessive GPU allocation", "count: 2\n    gpus: [ 0 ]")),
    "triton/1-dont-pickle": ("models/m/config.pbtxt", ("pytorch_libtorch", "onnxruntime_onnx")),
    "triton/1-dont-python-backend": ("models/m/config.pbtxt", (
        'backend: "python"\n# No restrictions on what Python code can do', 'backend: "onnxruntime"')),
    "triton/2-dont-all-gpus": ("run.sh", (
        "--gpus all tritonserver  # Full GPU access", "--gpus device=0 --memory 16g tritonserver")),
    "triton/2-dont-no-quota": ("deployment.yaml", (
        "        # No resource limits - can consume cluster",
        "        resources:" + LIMITS.replace("cpu:", "nvidia.com/gpu: 1, cpu:"))),
    "triton/2-dont-privileged": ("run.sh", ("--privileged tritonserver  # Host access", "tritonserver")),
    "triton/2-dont-unpinned-gpu": ("models/m/config.pbtxt", (
        "    # No gpus specified - uses any available", "    gpus: [ 0 ]")),
    "triton/3-dont-circular": ("models/e/config.pbtxt", (
        'key: "x" value: "B_out" } output_map', 'key: "x" value: "IN" } output_map'), (
        "ensemble_scheduling", 'input [ { name: "IN" data_type: TYPE_FP32 dims: [ 4 ] } ]\n'
        'output [ { name: "B_out" data_type: TYPE_FP32 dims: [ 4 ] } ]\nensemble_scheduling')),
    "triton/3-dont-python-unvalidated": ("models/m/1/model.py", (
        None, "import triton_python_backend_utils as pb_utils\n\n\nclass TritonPythonModel:\n" + CHECKED_EXECUTE)),
    "triton/3-dont-unpinned-step": ("models/e/config.pbtxt", ("-1  # Latest version - unstable", "1")),
    "triton/4-dont-any-model": ("client.py", (
        "    return client.infer",
        "    if model_name not in (\"classifier\", \"detector\"):\n        raise ValueError(\"Model not allowed\")\n"
        "    return client.infer")),
    "triton/4-dont-no-tls": ("run.sh", (
        "tritonserver --model-repository=/models",
        "tritonserver --model-repository=/models --allow-http=false --allow-metrics=false --grpc-use-ssl=true "
        "--grpc-server-cert=/certs/server.crt --grpc-server-key=/certs/server.key")),
    "triton/4-dont-no-validation": ("client.py", (
        "    # Direct inference without validation\n",
        "    if model_name not in (\"classifier\", \"detector\") or len(data) > 16:\n"
        "        raise ValueError(\"Request not allowed\")\n")),
    "triton/4-dont-open-metrics": ("run.sh", (
        "    --metrics-port=8002 \\\n    --allow-gpu-metrics=true \\\n    --allow-metrics=true",
        "    --allow-metrics=false")),
    "triton/5-dont-dangerous-operations": ("models/m/1/model.py", (
        None, "import triton_python_backend_utils as pb_utils\n\n\nclass TritonPythonModel:\n" + CHECKED_EXECUTE)),
    "triton/5-dont-exec": ("models/m/1/model.py", ("        exec(code)  # Never do this", "        return len(code)")),
}


def twin(name, files):
    file, *edits = TWINS[name]
    text = files[file].decode()
    for old, new in edits:
        if old is None:
            text = new
            continue
        assert old in text, f"{name}: {old!r} is not in {file}"
        text = text.replace(old, new, 1)
    twins = {**files, file: text.encode()}
    if name == "bentoml/4-dont-root":
        twins["bentofile.yaml"] = files["bentofile.yaml"].replace(b"  # No user specified", b"  user: bentoml")
    if name == "triton/1-dont-pickle":
        twins = {path: content for path, content in twins.items() if not path.endswith(".pt")}
        twins["models/m/1/model.onnx"] = made.onnx()
    return twins


def rows():
    found = {str(about.parent.relative_to(SHEETS)) for about in SHEETS.glob("*/*/about.yaml")
             if yaml.safe_load(about.read_text())["kind"] == "dont"}
    assert found == set(TWINS), found ^ set(TWINS)
    for name in sorted(found):
        about = yaml.safe_load((SHEETS / name / "about.yaml").read_text())
        project = SHEETS / name / "project"
        files = {str(path.relative_to(project)): path.read_bytes() for path in project.rglob("*") if path.is_file()}
        # The sheet's archive holds a pickle that calls print; whatever a reader of pickles takes is no less a call.
        readers = {"modelscan", "picklescan", "fickling"} if name == "triton/1-dont-pickle" else set()
        if readers:
            files["models/m/1/model.pt"] = made.torch_zip(pickles.torch_state_that_calls())
        clean = twin(name, files)
        title = f"{about['sheet']} {name.split('/')[1].split('-')[0]}: {about['sample']}"
        yield Defect("sheet-" + name.replace("/", "-"), "Rule sheets", title, files, clean, frozenset(readers),
                     secret=name == "bentoml/4-dont-secret-in-env", twin_is_faultless=False)

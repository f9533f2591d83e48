// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

/// The samples of the rule sheets that are Python code, build files or BentoML's configuration, as the sheets have
/// them; a part of a build file is completed to one.
@Suite("Samples of the rule sheets: Python, packaging and services")
struct RuleSheetSamples {
    private func audit(_ files: [String: String]) -> AuditResult { RuleExampleTests.audit(.files(files)) }
    private static let wrong: [(name: String, file: String, text: String, rule: String)] = [
        (
            "No dependency locking", "bentofile.yaml",
            #"""
            service: "service:svc"
            python:
              packages:
                - torch  # Unpinned - supply chain risk
                - numpy
            """#,
            "BKL-B001"
        ),
        (
            "Include secrets", "bentofile.yaml",
            #"""
            service: "service:svc"
            include:
              - "*"  # Includes .env, secrets, etc.
            """#,
            "BKL-B008"
        ),
        (
            "Run as root", "bentofile.yaml",
            #"""
            docker:
              base_image: python:3.11
              # No user specified - runs as root
            """#,
            "BKL-B010"
        ),
        (
            "Import without verification", "a.py",
            #"""
            bento = bentoml.import_bento(untrusted_path)
            """#,
            "BKL-B018"
        ),
        (
            "No input validation, service", "service.py",
            #"""
            # VULNERABLE: No input validation
            @svc.api(input=JSON(), output=JSON())
            async def predict(input_data: dict):
                # Accept any structure
                return await runner.predict.async_run(input_data)
            """#,
            "BKL-S012"
        ),
        (
            "Arbitrary code execution", "service.py",
            #"""
            # VULNERABLE: Arbitrary code execution
            @svc.api(input=JSON(), output=JSON())
            async def execute(input_data: dict):
                code = input_data.get("code")
                return eval(code)  # Never do this
            """#,
            "BKL-P001"
        ),
        (
            "File access", "service.py",
            #"""
            # VULNERABLE: File access
            @svc.api(input=JSON(), output=JSON())
            async def read_file(input_data: dict):
                path = input_data.get("path")
                return open(path).read()  # Path traversal
            """#,
            "BKL-P006"
        ),
        (
            "No size limits", "service.py",
            #"""
            # VULNERABLE: No size limits
            @svc.api(
                input=NumpyNdarray(),  # Any size array
                output=NumpyNdarray()
            )
            async def process(arr):
                return runner.run(arr)  # Could be huge
            """#,
            "BKL-S013"
        ),
        (
            "No resource limits", "service.py",
            #"""
            # VULNERABLE: No resource limits
            runner = model.to_runner()  # Unlimited resources
            """#,
            "BKL-S008"
        ),
        (
            "Pickle loading in runner", "service.py",
            #"""
            # VULNERABLE: Pickle loading in runner
            class UnsafeRunnable(bentoml.Runnable):
                def __init__(self):
                    import pickle
                    self.model = pickle.load(open("model.pkl", "rb"))  # RCE
            """#,
            "BKL-P002"
        ),
        (
            "Shell execution in runner", "service.py",
            #"""
            # VULNERABLE: Shell execution in runner
            class CommandRunnable(bentoml.Runnable):
                @bentoml.Runnable.method
                def run(self, cmd: str):
                    import subprocess
                    return subprocess.check_output(cmd, shell=True)  # Command injection
            """#,
            "BKL-P004"
        ),
        (
            "No input validation, runner", "service.py",
            #"""
            # VULNERABLE: No input validation
            class NoValidation(bentoml.Runnable):
                @bentoml.Runnable.method(batchable=True)
                def predict(self, data):
                    return self.model(data)  # Any size/type
            """#,
            "BKL-S014"
        ),
        (
            "Hardcoded secrets", "bentofile.yaml",
            #"""
            docker:
              env:
                - API_KEY=secret123  # Exposed in image
            """#,
            "BKL-B011"
        ),
        (
            "No authentication", "service.py",
            #"""
            # VULNERABLE: No authentication
            @svc.api(input=JSON(), output=JSON())
            async def predict(data: dict):
                return await runner.run(data)  # Public access
            """#,
            "BKL-S009"
        ),
        (
            "CORS allows all", "service.py",
            #"""
            # VULNERABLE: CORS allows all
            svc.add_asgi_middleware(
                CORSMiddleware,
                allow_origins=["*"],  # Any origin
                allow_methods=["*"],
                allow_headers=["*"]
            )
            """#,
            "BKL-S004"
        ),
        (
            "No rate limiting", "service.py",
            #"""
            # VULNERABLE: No authentication
            @svc.api(input=JSON(), output=JSON())
            async def predict(data: dict):
                return await runner.run(data)  # Public access
            """#,
            "BKL-S010"
        ),
        (
            "No audit logging", "service.py",
            #"""
            # VULNERABLE: No authentication
            @svc.api(input=JSON(), output=JSON())
            async def predict(data: dict):
                return await runner.run(data)  # Public access
            """#,
            "BKL-S011"
        ),
        (
            "Python backend without validation", "models/a/1/model.py",
            #"""
            class TritonPythonModel:
                def execute(self, requests):
                    for request in requests:
                        # No input validation
                        data = pb_utils.get_input_tensor_by_name(request, "INPUT")
                        result = process_any_data(data)  # Could be huge/malicious
            """#,
            "BKL-S015"
        ),
        (
            "No request validation", "client.py",
            #"""
            def infer(client, model_name, data):
                # Direct inference without validation
                return client.infer(model_name, data)
            """#,
            "BKL-P016"
        ),
        (
            "Accepting any model name", "client.py",
            #"""
            def route_inference(model_name: str, data):
                return client.infer(model_name, data)  # User controls model
            """#,
            "BKL-P016"
        ),
        (
            "Unrestricted Python backend: Shell injection", "models/a/1/model.py",
            #"""
            # VULNERABLE: Unrestricted Python backend
            class TritonPythonModel:
                def execute(self, requests):
                    for request in requests:
                        # No validation
                        data = pb_utils.get_input_tensor_by_name(request, "INPUT")

                        # Dangerous operations
                        import subprocess
                        subprocess.run(data.decode())  # Shell injection

                        import pickle
                        obj = pickle.loads(data)  # Arbitrary code execution

                        open("/etc/passwd", "r")  # File access
            """#,
            "BKL-P005"
        ),
        (
            "Unrestricted Python backend: Arbitrary code execution", "models/a/1/model.py",
            #"""
            # VULNERABLE: Unrestricted Python backend
            class TritonPythonModel:
                def execute(self, requests):
                    for request in requests:
                        # No validation
                        data = pb_utils.get_input_tensor_by_name(request, "INPUT")

                        # Dangerous operations
                        import subprocess
                        subprocess.run(data.decode())  # Shell injection

                        import pickle
                        obj = pickle.loads(data)  # Arbitrary code execution

                        open("/etc/passwd", "r")  # File access
            """#,
            "BKL-P002"
        ),
        (
            "Unrestricted Python backend: File access", "models/a/1/model.py",
            #"""
            # VULNERABLE: Unrestricted Python backend
            class TritonPythonModel:
                def execute(self, requests):
                    for request in requests:
                        # No validation
                        data = pb_utils.get_input_tensor_by_name(request, "INPUT")

                        # Dangerous operations
                        import subprocess
                        subprocess.run(data.decode())  # Shell injection

                        import pickle
                        obj = pickle.loads(data)  # Arbitrary code execution

                        open("/etc/passwd", "r")  # File access
            """#,
            "BKL-P007"
        ),
        (
            "Unrestricted Python backend: No validation", "models/a/1/model.py",
            #"""
            # VULNERABLE: Unrestricted Python backend
            class TritonPythonModel:
                def execute(self, requests):
                    for request in requests:
                        # No validation
                        data = pb_utils.get_input_tensor_by_name(request, "INPUT")

                        # Dangerous operations
                        import subprocess
                        subprocess.run(data.decode())  # Shell injection

                        import pickle
                        obj = pickle.loads(data)  # Arbitrary code execution

                        open("/etc/passwd", "r")  # File access
            """#,
            "BKL-S015"
        ),
        (
            "Dynamic code execution", "models/a/1/model.py",
            #"""
            class UnsafeModel:
                def execute(self, requests):
                    code = requests[0].get_input("code")
                    exec(code)  # Never do this
            """#,
            "BKL-P001"
        ),
    ]

    @Test("Each Don't is found", arguments: wrong)
    func wrongSample(_ sample: (name: String, file: String, text: String, rule: String)) {
        let result = audit([sample.file: sample.text])
        #expect(result.findings.contains { $0.rule == sample.rule }, "\(sample.name): \(result)")
        #expect(result.unreadable.isEmpty)
    }

    private static let right: [(name: String, files: [String: String])] = [
        (
            "Secure Bento Building and Signing",
            [
                "bentofile.yaml": #"""
                service: "service:svc"
                include:
                  - "*.py"
                  - "requirements.txt"
                exclude:
                  - "__pycache__"
                  - "*.pyc"
                  - ".env"
                  - "secrets/*"
                python:
                  packages:
                    - torch==2.0.1
                    - numpy==1.24.0
                  lock_packages: true  # Pin all transitive dependencies
                docker:
                  base_image: python:3.11-slim
                  # Don't run as root
                  user: "bentoml"
                """#,
                "build.py": #"""
                import bentoml
                import hashlib
                from pathlib import Path

                # Safe: Save model with metadata for verification
                def save_secure_model(model, name: str, version: str):
                    # Save with explicit framework
                    saved_model = bentoml.pytorch.save_model(
                        name,
                        model,
                        signatures={
                            "predict": {
                                "batchable": True,
                                "batch_dim": 0,
                            }
                        },
                        metadata={
                            "version": version,
                            "framework": "pytorch",
                            "safe_serialization": True
                        },
                        # Use safe serialization
                        external_modules=[]  # Don't include arbitrary modules
                    )

                    return saved_model

                # Safe: Build bento with locked dependencies

                # Safe: Verify bento before deployment
                def verify_bento(bento_tag: str, expected_hash: str) -> bool:
                    bento = bentoml.get(bento_tag)
                    bento_path = bento.path

                    # Calculate hash of key files
                    service_file = Path(bento_path) / "src" / "service.py"
                    actual_hash = hashlib.sha256(
                        service_file.read_bytes()
                    ).hexdigest()

                    if actual_hash != expected_hash:
                        raise ValueError("Bento integrity check failed")

                    # Check for suspicious patterns
                    content = service_file.read_text()
                    DANGEROUS_PATTERNS = [
                        "subprocess", "os.system", "eval(", "exec(",
                        "__import__", "pickle.loads"
                    ]
                    for pattern in DANGEROUS_PATTERNS:
                        if pattern in content:
                            raise ValueError(f"Suspicious pattern: {pattern}")

                    return True

                # Safe: Import bento with verification
                def import_verified_bento(bento_path: str, expected_hash: str):
                    # Verify before import
                    verify_bento(bento_path, expected_hash)

                    return bentoml.import_bento(bento_path)
                """#,
            ]
        ),
        (
            "Implement Secure BentoML Services",
            [
                "configuration.yaml": #"""
                api_server:
                  max_request_size: 10485760  # 10MB
                  timeout: 60
                  metrics:
                    enabled: true
                    namespace: "bentoml"
                runners:
                  secure_model:
                    max_batch_size: 32
                    max_latency_ms: 1000
                """#,
                "service.py": #"""
                import bentoml
                from bentoml.io import JSON, NumpyNdarray
                from pydantic import BaseModel, Field, validator
                import numpy as np

                # Safe: Input validation with Pydantic
                class PredictionInput(BaseModel):
                    data: list[float] = Field(..., max_items=10000)
                    options: dict = Field(default={})

                    @validator("data")
                    def validate_data(cls, v):
                        if len(v) == 0:
                            raise ValueError("Empty data")
                        if any(not isinstance(x, (int, float)) for x in v):
                            raise ValueError("Invalid data type")
                        return v

                    @validator("options")
                    def validate_options(cls, v):
                        allowed_keys = {"threshold", "top_k"}
                        if not set(v.keys()).issubset(allowed_keys):
                            raise ValueError("Invalid options")
                        return v

                class PredictionOutput(BaseModel):
                    result: list[float]
                    confidence: float

                # Safe: Service with validation and resource limits
                runner = bentoml.pytorch.get("secure_model:latest").to_runner()

                svc = bentoml.Service("secure_service", runners=[runner])

                @svc.api(
                    input=JSON(pydantic_model=PredictionInput),
                    output=JSON(pydantic_model=PredictionOutput),
                    route="/predict"
                )
                async def predict(input_data: PredictionInput) -> PredictionOutput:
                    # Convert to numpy with validation
                    arr = np.array(input_data.data, dtype=np.float32)

                    # Size check
                    if arr.nbytes > 10_000_000:  # 10MB limit
                        raise ValueError("Input too large")

                    # Run inference
                    result = await runner.predict.async_run(arr)

                    return PredictionOutput(
                        result=result.tolist(),
                        confidence=float(result.max())
                    )

                # Safe: Health check endpoint
                @svc.api(input=JSON(), output=JSON(), route="/health")
                async def health():
                    return {"status": "healthy"}

                # Safe: Rate limiting configuration
                """#,
            ]
        ),
        (
            "Configure Secure Runner Execution",
            [
                "configuration.yaml": #"""
                runners:
                  secure_runner:
                    resources:
                      nvidia.com/gpu: 1
                      cpu: 2
                      memory: 4Gi
                    batching:
                      enabled: true
                      max_batch_size: 32
                      max_latency_ms: 1000
                    timeout: 60
                """#,
                "service.py": #"""
                import bentoml

                # Safe: Runner with resource limits
                model_ref = bentoml.pytorch.get("model:latest")

                runner = model_ref.to_runner(
                    name="secure_runner",
                    max_batch_size=32,
                    max_latency_ms=1000,
                    # Resource configuration
                    runnable_init_params={
                        "max_concurrent": 4
                    }
                )

                # Safe: Runner configuration in yaml

                # Safe: Custom runner with validation
                import torch

                class SecureRunnable(bentoml.Runnable):
                    SUPPORTED_RESOURCES = ("nvidia.com/gpu", "cpu")
                    SUPPORTS_CPU_MULTI_THREADING = True

                    def __init__(self):
                        self.model = torch.jit.load("model.pt")  # Safe format
                        self.max_input_size = 10_000_000

                    @bentoml.Runnable.method(batchable=True, batch_dim=0)
                    def predict(self, input_arr: np.ndarray) -> np.ndarray:
                        # Validate input
                        if input_arr.nbytes > self.max_input_size:
                            raise ValueError("Input too large")

                        if len(input_arr.shape) != 2:
                            raise ValueError("Invalid input shape")

                        # Safe inference
                        with torch.no_grad():
                            tensor = torch.from_numpy(input_arr)
                            output = self.model(tensor)

                        return output.numpy()

                # Safe: Create runner from custom runnable
                secure_runner = bentoml.Runner(
                    SecureRunnable,
                    name="secure_custom_runner",
                    max_batch_size=32
                )

                svc = bentoml.Service("service", runners=[secure_runner])
                """#,
            ]
        ),
        (
            "Secure BentoML Deployment Configuration",
            [
                "bentofile.yaml": #"""
                docker:
                  base_image: python:3.11-slim
                  dockerfile_template: ./Dockerfile.template
                  # Run as non-root
                  user: bentoml
                  system_packages:
                    - libgomp1  # Only needed packages
                  env:
                    - PYTHONDONTWRITEBYTECODE=1
                    - PYTHONUNBUFFERED=1
                """#,
                "settings.py": #"""
                # Safe: Docker deployment with security

                # Safe: Dockerfile template with security hardening

                # Safe: Kubernetes deployment with security context

                # Safe: Environment configuration
                import os

                # Load secrets from environment, not files
                API_KEY = os.environ.get("API_KEY")
                if not API_KEY:
                    raise ValueError("API_KEY not configured")

                # Use secrets manager for production
                from google.cloud import secretmanager

                def get_secret(secret_id: str) -> str:
                    client = secretmanager.SecretManagerServiceClient()
                    name = f"projects/my-project/secrets/{secret_id}/versions/latest"
                    response = client.access_secret_version(request={"name": name})
                    return response.payload.data.decode("UTF-8")
                """#,
            ]
        ),
        (
            "Implement API Authentication and Rate Limiting",
            [
                "service.py": #"""
                import bentoml
                from bentoml.io import JSON
                from starlette.middleware import Middleware
                from starlette.middleware.cors import CORSMiddleware
                from starlette.requests import Request
                from starlette.responses import JSONResponse
                import os
                from collections import defaultdict
                from time import time

                # Safe: Custom authentication middleware
                class AuthMiddleware:
                    def __init__(self, app):
                        self.app = app
                        self.valid_keys = set(
                            os.environ.get("API_KEYS", "").split(",")
                        )

                    async def __call__(self, scope, receive, send):
                        if scope["type"] == "http":
                            headers = dict(scope.get("headers", []))
                            api_key = headers.get(b"x-api-key", b"").decode()

                            if api_key not in self.valid_keys:
                                response = JSONResponse(
                                    {"error": "Unauthorized"},
                                    status_code=401
                                )
                                await response(scope, receive, send)
                                return

                        await self.app(scope, receive, send)

                # Safe: Rate limiting middleware
                class RateLimitMiddleware:
                    def __init__(self, app, requests_per_minute: int = 60):
                        self.app = app
                        self.rpm = requests_per_minute
                        self.requests = defaultdict(list)

                    async def __call__(self, scope, receive, send):
                        if scope["type"] == "http":
                            client = scope.get("client", ("unknown", 0))[0]
                            now = time()

                            # Clean old requests
                            self.requests[client] = [
                                t for t in self.requests[client] if now - t < 60
                            ]

                            if len(self.requests[client]) >= self.rpm:
                                response = JSONResponse(
                                    {"error": "Rate limit exceeded"},
                                    status_code=429
                                )
                                await response(scope, receive, send)
                                return

                            self.requests[client].append(now)

                        await self.app(scope, receive, send)

                # Safe: Service with security middleware
                svc = bentoml.Service(
                    "secure_api",
                    runners=[runner]
                )

                # Add security middleware
                svc.add_asgi_middleware(AuthMiddleware)
                svc.add_asgi_middleware(RateLimitMiddleware, requests_per_minute=100)
                svc.add_asgi_middleware(
                    CORSMiddleware,
                    allow_origins=["https://trusted-domain.com"],
                    allow_methods=["POST"],
                    allow_headers=["X-API-Key"]
                )

                # Safe: Audit logging
                import logging

                logger = logging.getLogger("bentoml.security")

                @svc.api(input=JSON(), output=JSON())
                async def predict(input_data: dict, ctx: bentoml.Context) -> dict:
                    # Log request for audit
                    logger.info(
                        "Prediction request",
                        extra={
                            "client_ip": ctx.request.client.host,
                            "input_size": len(str(input_data)),
                            "timestamp": time()
                        }
                    )

                    result = await runner.predict.async_run(input_data)
                    return {"result": result}
                """#
            ]
        ),
        (
            "Secure Model Repository Configuration",
            [
                "validate.py": #"""
                # config.pbtxt - Safe model configuration
                """
                name: "secure_model"
                platform: "onnxruntime_onnx"
                max_batch_size: 32

                # Explicit versioning
                version_policy: { specific: { versions: [1, 2] } }

                # Resource limits
                instance_group [
                  {
                    count: 2
                    kind: KIND_GPU
                    gpus: [0]
                  }
                ]

                # Input validation
                input [
                  {
                    name: "input"
                    data_type: TYPE_FP32
                    dims: [1, 224, 224, 3]
                    # Strict shape enforcement
                    reshape: { shape: [1, 224, 224, 3] }
                  }
                ]

                output [
                  {
                    name: "output"
                    data_type: TYPE_FP32
                    dims: [1, 1000]
                  }
                ]

                # Rate limiting
                dynamic_batching {
                  preferred_batch_size: [8, 16]
                  max_queue_delay_microseconds: 100000
                }
                """

                # Safe: Repository structure with validation
                import os
                from pathlib import Path

                def validate_model_repository(repo_path: str) -> bool:
                    repo = Path(repo_path)

                    for model_dir in repo.iterdir():
                        if not model_dir.is_dir():
                            continue

                        config = model_dir / "config.pbtxt"
                        if not config.exists():
                            raise ValueError(f"Missing config: {model_dir}")

                        # Check for unsafe patterns
                        config_text = config.read_text()
                        if "backend: \"python\"" in config_text:
                            # Python backend requires extra scrutiny
                            if "trust_remote_code" in config_text:
                                raise ValueError(f"Unsafe Python backend: {model_dir}")

                        # Verify model files are safe formats
                        for version_dir in model_dir.iterdir():
                            if version_dir.is_dir() and version_dir.name.isdigit():
                                model_files = list(version_dir.glob("*"))
                                for f in model_files:
                                    if f.suffix in [".pkl", ".pickle"]:
                                        raise ValueError(f"Unsafe pickle format: {f}")

                    return True
                """#
            ]
        ),
        (
            "Validate Ensemble Pipeline Security",
            [
                "models/a/1/model.py": #"""
                # model.py for Python backend
                import triton_python_backend_utils as pb_utils
                import numpy as np

                class TritonPythonModel:
                    def initialize(self, args):
                        # Validate model configuration
                        self.max_input_size = 1000000  # 1MB limit

                    def execute(self, requests):
                        responses = []
                        for request in requests:
                            # Validate input size
                            input_tensor = pb_utils.get_input_tensor_by_name(
                                request, "INPUT"
                            )
                            if input_tensor.as_numpy().nbytes > self.max_input_size:
                                error = pb_utils.TritonError("Input too large")
                                responses.append(pb_utils.InferenceResponse(error=error))
                                continue

                            # Process safely
                            result = self.process(input_tensor)
                            responses.append(pb_utils.InferenceResponse(
                                output_tensors=[result]
                            ))

                        return responses
                """#
            ]
        ),
        (
            "Secure gRPC and HTTP Endpoints",
            [
                "client.py": #"""
                # Safe: Triton server with security options
                """
                # Start with authentication and TLS
                tritonserver \\
                    --model-repository=/models \\
                    --grpc-port=8001 \\
                    --http-port=8000 \\
                    --metrics-port=8002 \\
                    # TLS configuration
                    --grpc-use-ssl=true \\
                    --grpc-server-cert=/certs/server.crt \\
                    --grpc-server-key=/certs/server.key \\
                    --grpc-root-cert=/certs/ca.crt \\
                    # Rate limiting
                    --rate-limit="execution_count:10" \\
                    # Disable unnecessary features
                    --allow-gpu-metrics=false \\
                    --allow-cpu-metrics=false
                """

                # Safe: Python client with authentication
                import tritonclient.grpc as grpcclient
                import ssl

                def create_secure_client(url: str, cert_path: str):
                    # Load certificates
                    ssl_context = grpcclient.ssl_context_for_root_certs(
                        cert_path + "/ca.crt"
                    )

                    client = grpcclient.InferenceServerClient(
                        url=url,
                        ssl=True,
                        root_certificates=cert_path + "/ca.crt",
                        private_key=cert_path + "/client.key",
                        certificate_chain=cert_path + "/client.crt"
                    )

                    return client

                # Safe: Request validation
                from pydantic import BaseModel, validator
                import numpy as np

                class InferenceRequest(BaseModel):
                    model_name: str
                    inputs: dict
                    request_id: str

                    @validator("model_name")
                    def validate_model(cls, v):
                        allowed = ["classifier", "detector", "embedder"]
                        if v not in allowed:
                            raise ValueError(f"Model not allowed: {v}")
                        return v

                    @validator("inputs")
                    def validate_inputs(cls, v):
                        for name, data in v.items():
                            arr = np.array(data)
                            if arr.nbytes > 10_000_000:  # 10MB limit
                                raise ValueError(f"Input {name} too large")
                        return v
                """#
            ]
        ),
        (
            "Sandbox Custom Backend Code",
            [
                "models/a/1/model.py": #"""
                # model.py - Safe Python backend
                import triton_python_backend_utils as pb_utils
                import numpy as np
                import os

                class TritonPythonModel:
                    def initialize(self, args):
                        # Validate environment
                        if os.getenv("TRITON_SANDBOX") != "true":
                            raise RuntimeError("Must run in sandbox")

                        # Load model with restrictions
                        model_path = os.path.join(
                            args["model_repository"],
                            args["model_name"]
                        )

                        # Verify model path is within allowed directory
                        allowed_base = "/models"
                        if not os.path.realpath(model_path).startswith(allowed_base):
                            raise RuntimeError("Invalid model path")

                        # Set resource limits
                        self.max_batch_size = 32
                        self.max_sequence_length = 512

                    def execute(self, requests):
                        responses = []

                        for request in requests:
                            try:
                                # Validate request
                                input_tensor = pb_utils.get_input_tensor_by_name(
                                    request, "INPUT"
                                )
                                data = input_tensor.as_numpy()

                                # Check batch size
                                if data.shape[0] > self.max_batch_size:
                                    raise ValueError("Batch too large")

                                # Check sequence length
                                if len(data.shape) > 1 and data.shape[1] > self.max_sequence_length:
                                    raise ValueError("Sequence too long")

                                # Safe processing
                                result = self.process_safe(data)

                                output = pb_utils.Tensor(
                                    "OUTPUT",
                                    result.astype(np.float32)
                                )
                                responses.append(pb_utils.InferenceResponse([output]))

                            except Exception as e:
                                error = pb_utils.TritonError(str(e))
                                responses.append(pb_utils.InferenceResponse(error=error))

                        return responses

                    def process_safe(self, data: np.ndarray) -> np.ndarray:
                        # Implement safe processing logic
                        # No shell commands, file writes, network access
                        return data * 2  # Example safe operation
                """#
            ]
        ),
    ]

    @Test("No Do has an error", arguments: right)
    func rightSample(_ sample: (name: String, files: [String: String])) {
        let result = audit(sample.files)
        let errors = result.findings.filter { $0.severity == .error }
        #expect(errors.isEmpty, "\(sample.name): \(errors)")
        #expect(result.unreadable.isEmpty, "\(result.unreadable)")
        #expect(result.filesRead == sample.files.count)
    }
}

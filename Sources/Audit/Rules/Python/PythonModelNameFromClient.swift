// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let pythonModelNameFromClient = Rule(
        id: "BKL-P016",
        title: "A caller chooses the model that is asked",
        severity: .error,
        why: "Whoever chooses the name reaches every model of the server, those not meant for them among it.",
        mend: "Compare the name with those that are allowed before it is used, and the data with what the model takes.",
        references: [.cwe(20), .cwe(285), .owasp("A01:2025"), .sheet("Triton: Secure gRPC and HTTP Endpoints")],
        bad: [
            .file("a.py", "def infer(client, model_name, data):\n    return client.infer(model_name, data)\n"),
            .file(
                "model.py",
                """
                import triton_python_backend_utils as pb_utils
                class TritonPythonModel:
                    def execute(self, requests):
                        c = pb_utils.get_input_tensor_by_name(requests[0], "C").as_numpy()[0].decode()
                        return pb_utils.InferenceRequest(model_name=c, requested_output_names=["O"], inputs=[]).exec()
                """
            ),
            .file(
                "service.py",
                "import bentoml\nfrom transformers import AutoModel\n@bentoml.api\ndef f(self, name: str):\n"
                    + "    return AutoModel.from_pretrained(name)\n"
            ),
            .file(
                "service.py",
                "import bentoml\nfrom huggingface_hub import snapshot_download\n@bentoml.api\n"
                    + "def f(self, name: str):\n    return snapshot_download(repo_id=name)\n"
            ),
            .file(
                "service.py",
                "import bentoml, torch\n@bentoml.api\ndef f(self, n: str):\n    return torch.hub.load('a/b', n)\n"
            ),
            .file(
                "app.py",
                "from flask import Flask, request\nimport tensorflow as tf\napp = Flask(__name__)\n@app.post('/x')\n"
                    + "def f():\n    return tf.keras.models.load_model(request.json['name'])\n"
            ),
            .file(
                "app.py",
                "from fastapi import FastAPI\nfrom ultralytics import YOLO\napp = FastAPI()\n@app.post('/x')\n"
                    + "def f(name: str):\n    return YOLO('/models/' + name)\n"
            ),
            .file(
                "app.py",
                "from fastapi import FastAPI\nimport onnx\napp = FastAPI()\n@app.post('/x')\n"
                    + "def f(name: str):\n    return onnx.load(name)\n"
            ),
            .file("b.py", "def route_inference(model_name: str, data):\n    return client.infer(model_name, data)\n"),
        ],
        good: [
            .file(
                "a.py",
                """
                ALLOWED = {"classifier", "detector"}
                def infer(client, model_name, data):
                    if model_name not in ALLOWED:
                        raise ValueError("no such model")
                    return client.infer(model_name, data)
                """
            ),
            .file(
                "c.py",
                "from transformers import AutoModel\ndef load(n):\n    return AutoModel.from_pretrained(n)\n"
            ),
            .file(
                "model.py",
                """
                class TritonPythonModel:
                    def execute(self, requests):
                        prompts = [request.text for request in requests]
                        return self._pipeline.infer(prompts, steps=4)
                """
            ),
            .file(
                "app.py",
                "from fastapi import FastAPI, UploadFile\nimport onnx, io\napp = FastAPI()\n@app.post('/x')\n"
                    + "async def f(file: UploadFile):\n    return onnx.load(io.BytesIO(await file.read()))\n"
            ),
            .file("b.py", "def classify(client, data):\n    return client.infer('classifier', data)\n"),
        ],
        checks: [
            .python { module, findings in
                for call in module.calls where methods.contains(call.method) {
                    let isRequest = call.method == "InferenceRequest"
                    guard call.name.contains("."),
                        !isRequest || call.name.hasSuffix("pb_utils.InferenceRequest")
                            || call.name.hasPrefix("triton_python_backend_utils."),
                        let name = call.argument("model_name", at: isRequest ? 4 : 0),
                        let parameter = name.taint.first, isRequest || asksServer(call, for: parameter)
                    else {
                        continue
                    }
                    // What its own parameter says is a matter of its callers, who may have checked it; and what a
                    // model asks of others, Buckler holds to what its own caller may do.
                    let message =
                        "\(call.printedName) asks whichever model \(Printed.quoted(parameter)) names, which "
                        + "nothing here checks"
                    findings.add(call.place, message, weaker: call.handler == nil || isRequest ? .warning : nil)
                }
                for call in module.calls where call.handler != nil {
                    guard let parameter = named(call, in: module) else { continue }
                    let message = "\(call.printedName) takes whichever model \(PythonCall.source(parameter)) names"
                    findings.add(call.place, message)
                }
            }
        ]
    )

    private static let methods: Set<Substring> = [
        "infer", "InferenceRequest", "async_infer", "stream_infer", "async_stream_infer", "load_model", "unload_model",
    ]

    /// Those that fetch a model or load it, by the names of what says which.
    private static let loaders: [String: [String]] = [
        "from_pretrained": ["pretrained_model_name_or_path", "model_id", "model_name"],
        "snapshot_download": ["repo_id", "model_id"], "hf_hub_download": ["repo_id"],
        "torch.hub.load": ["repo_or_dir"], "transformers.pipeline": ["model"],
        "sentence_transformers.SentenceTransformer": ["model_name_or_path"], "bentoml.models.get": ["tag"],
        "timm.create_model": ["model_name"], "mlflow.pyfunc.load_model": ["model_uri"],
        "tensorflow.saved_model.load": ["export_dir"], "tensorflow_hub.load": ["handle"],
        "tensorflow.lite.Interpreter": ["model_path"], "tensorflow.keras.models.load_model": ["filepath"],
        "tensorflow.keras.saving.load_model": ["filepath"], "keras.models.load_model": ["filepath"],
        "keras.saving.load_model": ["filepath"], "onnx.load": ["f"], "onnx.load_model": ["f"],
        "ultralytics.YOLO": ["model"], "ultralytics.RTDETR": ["model"], "ultralytics.SAM": ["model"],
        "whisper.load_model": ["name"], "faster_whisper.WhisperModel": ["model_size_or_path"], "spacy.load": ["name"],
        "llama_cpp.Llama": ["model_path"], "vllm.LLM": ["model"], "safetensors.torch.load_file": ["filename"],
        "xgboost.Booster().load_model": ["fname"],
    ]

    /// Whether it asks a Triton server, and not an object of one's own that has such a method: by the client's module,
    /// the name for one, or what it is given.
    private static func asksServer(_ call: PythonCall, for parameter: String) -> Bool {
        if call.name.hasPrefix("tritonclient.") || call.argument("model_name") != nil { return true }
        let receiver = call.name.split(separator: ".").dropLast().last?.lowercased() ?? ""
        return receiver.contains("client") || ["model", "model_name", "model_id"].contains(parameter)
    }

    private static func named(_ call: PythonCall, in module: PythonModule) -> String? {
        guard call.name.contains("."), let names = loaders[call.name] ?? loaders[String(call.method)] else {
            return nil
        }
        let position = call.name == "transformers.pipeline" ? 1 : 0
        var given = [call.argument("", at: position)] + names.map { call.argument($0) }
        if call.name == "torch.hub.load" { given.append(call.argument("model", at: 1)) }
        return given.lazy.compactMap(\.self).first { $0.isTainted && !PythonStream.isGiven($0, to: call, in: module) }?
            .taint.first
    }
}

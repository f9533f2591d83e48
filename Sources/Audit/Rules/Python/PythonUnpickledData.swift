// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let pythonUnpickledData = Rule(
        id: "BKL-P002",
        title: "Pickled data is loaded",
        severity: .error,
        why:
            "A pickle names the functions that are called when it is loaded: whoever can replace the file, or "
            + "sends the bytes, "
            + "runs any code in the server's place.",
        mend: "Keep models as ONNX or safetensors, arrays as .npy without objects, other data as JSON.",
        references: [
            .cwe(502), .owasp("A08:2025"), .owaspLLM("LLM05"), .cve("CVE-2025-32434"), .bandit("B301"), .bandit("B302"),
            .bandit("B614"), .sheet("BentoML: Configure Secure Runner Execution"),
            .sheet("Triton: Sandbox Custom Backend Code"),
        ],
        bad: [
            .file(
                "runner.py",
                """
                class UnsafeRunnable(bentoml.Runnable):
                    def __init__(self):
                        import pickle
                        self.model = pickle.load(open("model.pkl", "rb"))
                """
            ),
            .file("a.py", "import pickle as p\nload = p.loads\nload(data)\n"),
            .file("b.py", "import torch\nmodel = torch.load('model.pt')\n"),
            .file("c.py", "import numpy as np\nx = np.load('x.npy', allow_pickle=True)\n"),
        ],
        good: [
            .file("a.py", "import json, torch\nx = json.loads(text)\nmodel = torch.jit.load('model.pt')\n"),
            .file("b.py", "import numpy as np\nx = np.load('x.npy')\ny = np.load('y.npy', allow_pickle=False)\n"),
            .file("c.py", "import pickle\nsaved = pickle.dumps(x)\n"),
        ],
        checks: [.python { module, findings in for call in module.calls { unpickled(call, &findings) } }]
    )

    private static func unpickled(_ call: PythonCall, _ findings: inout Findings) {
        if PythonNames.unpickling.contains(call.name) {
            let what = call.requestParameter.map(PythonCall.source) ?? "a pickle"
            findings.add(call.place, "\(call.printedName) loads \(what), and calls whatever functions that names")
        } else if call.name == "torch.load" {
            let isNarrow = call.argument("weights_only")?.bool == true
            let message =
                isNarrow
                ? "'torch.load' loads a pickle: weights_only was no protection before PyTorch 2.6"
                : "'torch.load' loads a pickle without weights_only=True, and calls whatever functions that names"
            findings.add(call.place, message, weaker: isNarrow ? .warning : nil)
        } else if call.name == "numpy.load", let allowed = call.argument("allow_pickle", at: 2), allowed.bool != false {
            findings.add(call.place, "'numpy.load' takes arrays of objects, which are pickles")
        }
    }
}

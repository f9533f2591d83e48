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
            .file("d.py", "import numpy as np\noptions = dict(allow_pickle=True)\nx = np.load('x.npy', **options)\n"),
            .file("e.py", "import pickle\nclass Mine(pickle.Unpickler): pass\nx = Mine(open('a', 'rb')).load()\n"),
            .file("f.py", "import keras\nm = keras.models.load_model('m.keras', safe_mode=False)\n"),
            .file("g.py", "from torch.serialization import load\nm = load('m.pt', weights_only=False)\n"),
        ],
        good: [
            .file("a.py", "import json, torch\nx = json.loads(text)\nmodel = torch.jit.load('model.pt')\n"),
            .file("b.py", "import numpy as np\nx = np.load('x.npy')\ny = np.load('y.npy', allow_pickle=False)\n"),
            .file("c.py", "import pickle\nsaved = pickle.dumps(x)\n"),
        ],
        checks: [
            .python { module, findings in
                for call in module.calls { unpickled(call, &findings) }
                for item in module.classes where item.bases.contains(where: isUnpickler) {
                    let isNarrow = item.methods.contains("find_class")
                    let message = "\(Printed.quoted(item.name)) loads pickles, and calls whatever functions "
                    findings.add(
                        item.place,
                        message + (isNarrow ? "its 'find_class' lets through" : "they name"),
                        weaker: isNarrow ? .warning : nil
                    )
                }
            }
        ]
    )

    private static func isUnpickler(_ name: String) -> Bool {
        name.hasSuffix(".Unpickler") && PythonNames.unpickling.contains(name)
    }

    private static func unpickled(_ call: PythonCall, _ findings: inout Findings) {
        if PythonNames.unpickling.contains(call.name) {
            let what = call.requestParameter.map(PythonCall.source) ?? "a pickle"
            findings.add(call.place, "\(call.printedName) loads \(what), and calls whatever functions that names")
        } else if call.name == "torch.load" || call.name == "torch.serialization.load" {
            let isNarrow = call.argument("weights_only")?.bool == true
            let message =
                isNarrow
                ? "'torch.load' loads a pickle: weights_only was no protection before PyTorch 2.6"
                : "'torch.load' loads a pickle without weights_only=True, and calls whatever functions that names"
            findings.add(call.place, message, weaker: isNarrow ? .warning : nil)
        } else if call.name == "numpy.load", let allowed = call.argument("allow_pickle", at: 2), allowed.bool != false {
            findings.add(call.place, "'numpy.load' takes arrays of objects, which are pickles")
        } else if call.name.hasSuffix(".load_model"), call.argument("safe_mode")?.bool == false {
            findings.add(call.place, "\(call.printedName) runs code that the model holds ('safe_mode' is off)")
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let pythonRemoteCode = Rule(
        id: "BKL-P011",
        title: "Code that comes with a model is trusted",
        severity: .error,
        why:
            "trust_remote_code runs Python files of the model's repository: whoever can change that runs code "
            + "in the server.",
        mend:
            "Leave trust_remote_code out; take models that the library knows, at a revision that is pinned by "
            + "its commit.",
        references: [
            .cwe(829), .cwe(94), .owaspLLM("LLM05"), .cve("CVE-2026-22807"),
            .sheet("Triton: Secure Model Repository Configuration"),
        ],
        bad: [
            .file(
                "a.py",
                "from transformers import AutoModel\nm = AutoModel.from_pretrained('x/y', trust_remote_code=True)\n"
            ),
            .file("b.py", "import torch\nm = torch.hub.load('x/y', 'model')\n"),
            .file(
                "c.py",
                "import transformers as t\no = {'trust_remote_code': True}\nm = t.AutoModel.from_pretrained('x/y', **o)\n"
            ),
            .file("d.py", "config.trust_remote_code = True\n"),
        ],
        good: [
            .file(
                "a.py",
                "from transformers import AutoModel\nm = AutoModel.from_pretrained('x/y', trust_remote_code=False)\n"
            ),
            .file("b.py", "import torch\nm = torch.hub.load('x', 'model', source='local')\n"),
        ],
        checks: [
            .python { module, findings in
                for setting in module.settings
                where setting.attribute == "trust_remote_code" && setting.value.bool == true {
                    findings.add(setting.place, "\(Printed.quoted(setting.name)) trusts code that comes with the model")
                }
                for call in module.calls {
                    if let trust = call.argument("trust_remote_code"), trust.bool != false, !trust.isNone {
                        findings.add(call.place, "\(call.printedName) trusts code that comes with the model")
                    } else if call.name == "torch.hub.load", call.argument("source", at: 2)?.text != "local" {
                        findings.add(call.place, "'torch.hub.load' downloads code and runs it")
                    }
                }
            }
        ]
    )
}

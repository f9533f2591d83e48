// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let pythonWrittenSecret = Rule(
        id: "BKL-P013",
        title: "A key stands in the source",
        severity: .error,
        why: "Whoever reads the source, the image or the package has the key; it cannot be changed without a new one.",
        mend:
            "Read it from the environment or a secrets manager when the server starts, and stop without it. "
            + "Withdraw this one.",
        references: [
            .cwe(798), .cwe(540), .owasp("A07:2025"), .bandit("B105"), .bandit("B106"),
            .sheet("BentoML: Secure BentoML Deployment Configuration"),
        ],
        bad: [
            .file("a.py", "API_KEY = 'secret123'\n"),
            .file("b.py", "client = connect(host, password='hunter22')\n"),
            .file("tests/test_a.py", "API_KEY = 'q8Zt4LmX2vB7nR5kW9sD1f'\npassword = 'wrong-password'\n"),
            .file("d.py", "password = 'changeme'\n"),
            .file("c.py", "settings = {'aws_secret_access_key': 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'}\n"),
        ],
        good: [
            .file("a.py", "import os\nAPI_KEY = os.environ.get('API_KEY')\nAPI_KEY_HEADER = 'X-API-Key'\n"),
            .file(
                "b.py",
                "pad_token = '[PAD]'\ntoken = 'bearer'\nkey = 'input_ids'\npassword = ''\n"
                    + "tokenizer = 'bert-base-uncased-v2'\n"
            ),
        ],
        checks: [
            .python { module, findings in
                let isTest = ExampleSecret.isTest(path: module.path)
                for text in module.texts {
                    let surely = isTest && !ExampleSecret.looksIssued(text.text) ? Severity.note : nil
                    if let kind = WrittenSecret.kind(of: text.text) {
                        let isAddress = text.text.contains("://")
                        findings.add(text.place, "\(kind) stands in the source", weaker: isAddress ? surely : nil)
                    } else if WrittenSecret.isSecretName(text.name), WrittenSecret.isValue(text.text, of: text.name) {
                        findings.add(
                            text.place,
                            "the value of \(Printed.quoted(text.name)) stands in the source",
                            weaker: surely ?? (ExampleSecret.isPlaceholder(text.text) ? .warning : nil)
                        )
                    }
                }
            }
        ],
        hidesLine: true
    )
}

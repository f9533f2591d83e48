// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let bentoUnverifiedImport = Rule(
        id: "BKL-B018",
        title: "A bento is imported unverified",
        severity: .error,
        why: "A bento is code: whoever can replace the archive runs any in the server's place.",
        mend: "Compare a signature or a hash from elsewhere before the import, over the whole of it.",
        references: [
            .cwe(345), .cwe(494), .cwe(502), .owasp("A08:2025"), .owaspLLM("LLM05"), .cve("CVE-2026-27905"),
            .sheet("BentoML: Secure Bento Building and Signing"),
        ],
        bad: [
            .file("a.py", "import bentoml\nbento = bentoml.import_bento(untrusted_path)\n"),
            .file("b.py", "from bentoml.models import import_model\ndef load(path):\n    return import_model(path)\n"),
        ],
        good: [
            .file(
                "a.py",
                """
                import bentoml
                def import_verified_bento(bento_path, expected_hash):
                    verify_bento(bento_path, expected_hash)
                    return bentoml.import_bento(bento_path)
                """
            )
        ],
        checks: [
            .python { module, findings in
                for call in module.calls(imports) where !call.isAfterVerification {
                    let what = call.name.hasSuffix("model") ? "model" : "bento"
                    findings.add(
                        call.place,
                        "\(call.printedName) imports a \(what) that nothing before it has verified"
                    )
                }
            }
        ]
    )

    private static let imports: Set<String> = [
        "bentoml.import_bento", "bentoml.models.import_model", "bentoml.import_model", "bentoml.bentos.import_bento",
        "bentoml.pull", "bentoml.models.pull", "bentoml.bentos.pull",
    ]
}

// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serviceKeyComparison = Rule(
        id: "BKL-S017",
        title: "Keys are compared in a time that tells them",
        severity: .warning,
        why: "Comparing ends at the first byte that differs: the time it takes tells how much of a key was right.",
        mend: "hmac.compare_digest(given, expected), best of digests of both.",
        references: [.cwe(208), .owasp("A07:2025")],
        bad: [
            .file(
                "auth.py",
                "def check(headers):\n    api_key = headers.get('x-api-key')\n    return api_key == EXPECTED\n"
            )
        ],
        good: [
            .file("auth.py", "import hmac\ndef check(api_key):\n    return hmac.compare_digest(api_key, EXPECTED)\n"),
            .file("b.py", "if api_key == '':\n    raise ValueError('no key')\n"),
            .file("c.py", "if next_token == eos_token_id:\n    stop()\n"),
        ],
        checks: [
            .python { module, findings in
                for comparison in module.comparisons where !comparison.isWithConstant {
                    let names = [comparison.left, comparison.right]
                    guard let name = names.first(where: { WrittenSecret.isUnmistakable($0) }) else { continue }
                    findings.add(
                        comparison.place,
                        "\(Printed.quoted(name)) is compared by '==', whose time tells how much was right"
                    )
                }
            }
        ]
    )
}

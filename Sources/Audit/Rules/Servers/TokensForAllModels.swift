// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serverTokensForAllModels = Rule(
        id: "BKL-N012",
        title: "Tokens reach all models, or are for anyone",
        severity: .warning,
        why:
            "A token that the issuer made for another service is taken here too, or reaches models that nobody gave it.",
        mend: "Set `--jwt-audience` and `--jwt-algorithm`; let the claim buckler_models name the models.",
        references: [.cwe(863), .cwe(287), .owasp("A01:2025")],
        bad: [
            .script("buckler serve --jwt-issuer=https://id.example.org --jwt-audience=buckler --jwt-all-models"),
            .script(
                "buckler serve --jwt-issuer=https://id.example.org --jwt-key-set=http://id.example.org/keys --jwt-audience=b"
            ),
            .script("buckler serve --jwt-audience=b --jwt-clock-skew-secs=86400"),
        ],
        good: [.script("buckler serve --jwt-issuer=https://id.example.org --jwt-audience=b --jwt-key-set=/etc/k.json")],
        checks: [
            .serverCommand { command, findings in
                guard command.program == .buckler else { return }
                if let flag = command.flag("jwt-all-models"), flag.isOn {
                    findings.add(flag.place, "tokens that name no models reach all of them")
                }
                if let flag = command.flag("jwt-key-set"),
                    flag.value.flatMap({ WebAddress($0.text) })?.isPlainHTTP == true
                {
                    findings.add(
                        flag.place,
                        "the keys that tokens are checked with come over an unencrypted connection"
                    )
                }
                if let flag = command.flag("jwt-clock-skew-secs"), let value = flag.value, Int(value.text) ?? .max > 600
                {
                    findings.add(
                        flag.place,
                        "tokens are taken \(Printed.quoted(value.text)) seconds after they have expired"
                    )
                }
            }
        ]
    )
}

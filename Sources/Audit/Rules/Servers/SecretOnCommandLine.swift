// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serverSecretOnCommandLine = Rule(
        id: "BKL-N013",
        title: "Secret on a command line",
        severity: .warning,
        why: "Arguments are seen by every user of the machine, and are kept in manifests, images and logs.",
        mend: "Give a file, or a variable that is set when the server starts.",
        references: [.cwe(214), .cwe(798), .sheet("BentoML: Secure BentoML Deployment Configuration")],
        bad: [
            .script("tritonserver --http-restricted-api=model-repository:admin-key=hunter2"),
            .script("bentoml serve service:svc --ssl-keyfile-password hunter2"),
            .script("bentoml serve service:svc --ssl-keyfile-password 84619273"),
            .script("tritonserver --cache-config=redis,host=r --cache-config=redis,password=hunter2"),
        ],
        good: [
            .script("tritonserver --http-restricted-api=model-repository:admin-key=$ADMIN_KEY"),
            .script("bentoml serve service:svc --ssl-keyfile-password \"$KEY_PASSWORD\""),
            .script("buckler serve --api-key-file=/run/secrets/keys"),
            .script("tritonserver --cache-config=redis,host=r --cache-config=redis,password=$REDIS_PASSWORD"),
        ],
        checks: [
            .serverCommand { command, findings in
                for flag in command.flags {
                    guard let value = flag.value, !value.isExpanded, let secret = secret(flag.name, value.text) else {
                        continue
                    }
                    guard SecretShapes.isLiteral(secret, of: "password") else { continue }
                    findings.add(
                        flag.place,
                        "\(command.program.rawValue) is given a secret by --\(Printed.cut(flag.name, limit: 60))"
                    )
                }
            }
        ],
        hidesLine: true
    )

    private static func secret(_ name: String, _ value: String) -> String? {
        switch name {
        case "http-restricted-api", "grpc-restricted-protocol":
            value.firstIndex(of: "=").map { String(value[value.index(after: $0)...]) }
        default:
            SecretShapes.isSecretName(name) ? value : setting(value) ?? SecretShapes.shape(of: value).map { _ in value }
        }
    }

    /// `redis,password=…`: what a flag hands on has names of its own.
    private static func setting(_ value: String) -> String? {
        value.prefix(4096).split(separator: ",").lazy.compactMap { part in
            let pair = part.split(separator: "=", maxSplits: 1)
            return pair.count > 1 && SecretShapes.isSecretName(String(pair[0])) ? String(pair[1]) : nil
        }.first
    }
}

// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerUnverifiedDownload = Rule(
        id: "BKL-D026",
        title: "Download is not verified",
        severity: .error,
        why:
            "Without TLS and its certificates, whoever is on the way answers instead of the server and gives what they like.",
        mend: "Use https and drop the option; add a missing authority to the image instead.",
        references: [
            .cwe(295), .cwe(319), .cwe(494), .checkov("CKV2_DOCKER_2"), .checkov("CKV2_DOCKER_3"),
            .checkov("CKV2_DOCKER_4"),
            .checkov("CKV2_DOCKER_5"), .checkov("CKV2_DOCKER_6"),
        ],
        bad: [
            .dockerfile("FROM debian:12\nRUN curl -fskL https://example.org/a.tgz -o a.tgz"),
            .dockerfile("FROM debian:12\nRUN wget --no-check-certificate https://example.org/a"),
            .dockerfile("FROM python:3.11-slim\nRUN pip install --trusted-host pypi.example.org -r requirements.txt"),
            .dockerfile("FROM python:3.11-slim\nRUN pip install -i http://pypi.example.org/simple -r requirements.txt"),
            .dockerfile("FROM debian:12\nRUN apt-get install -y --allow-unauthenticated a=1"),
            .dockerfile("FROM debian:12\nRUN GIT_SSL_NO_VERIFY=1 git clone https://example.org/a"),
            .dockerfile("FROM debian:12\nENV PYTHONHTTPSVERIFY=0"),
            .script("git -c http.sslVerify=false clone https://example.org/a"),
        ],
        good: [
            .dockerfile("FROM debian:12\nRUN curl -fsSL https://example.org/a.tgz -o a.tgz && sha256sum -c a.sum"),
            .dockerfile("FROM debian:12\nHEALTHCHECK CMD curl -fk https://localhost:8000/livez"),
            .script("curl -k https://127.0.0.1:8000/v2/health/ready"),
            .dockerfile(
                "FROM python:3.11-slim\nRUN pip install --index-url https://pypi.example.org/simple -r requirements.txt"
            ),
        ],
        checks: [
            .shellScript { script, findings in
                for command in script.commands {
                    guard let word = InsecureOption.find(in: command) else { continue }
                    findings.add(
                        word.place,
                        "\(Printed.quoted(command.program)) does not verify whom it loads from: \(Printed.quoted(word.text))"
                    )
                }
            },
            .dockerfile { file, findings in
                for instruction in file.instructions where ["ENV", "ARG"].contains(instruction.keyword) {
                    for pair in instruction.pairs {
                        guard InsecureOption.isInsecure(pair.name.value, pair.value?.text ?? "") else { continue }
                        findings.add(
                            pair.name.place,
                            "\(Printed.quoted(pair.name.value)) turns the checking of certificates off"
                        )
                    }
                }
            },
        ]
    )
}

/// Options by which programs take what anyone sends them.
private enum InsecureOption {
    static func find(in command: ShellCommand) -> ShellWord? {
        if let set = command.assignments.first(where: { isInsecure($0.name, $0.value.text) }) { return set.value }
        if ["export", "ENV"].contains(command.program) {
            return command.arguments.first { $0.assignment.map { isInsecure($0.name, $0.value.text) } ?? false }
        }
        return option(in: command).flatMap { isLocal(command) ? nil : $0 }
    }

    private static func option(in command: ShellCommand) -> ShellWord? {
        if let install = PackageInstall(command) { return option(of: install, in: command) }
        switch command.program {
        case "curl":
            return command.arguments.first { isShort("k", $0) || $0.text == "--insecure" || isPlainHTTP($0) }
        case "wget": return command.arguments.first { $0.text == "--no-check-certificate" || isPlainHTTP($0) }
        case "git":
            return command.arguments.first { $0.text.lowercased().hasPrefix("http.sslverify=false") || isPlainHTTP($0) }
        case "npm", "yarn":
            return command.has("config") && command.has("strict-ssl") && command.has("false") ? command.words.last : nil
        default: return nil
        }
    }

    private static func option(of install: PackageInstall, in command: ShellCommand) -> ShellWord? {
        let refused = [
            "--trusted-host", "--allow-unauthenticated", "--force-yes", "--allow-untrusted", "--nogpgcheck",
            "--allow-insecure-host",
        ]
        return command.arguments.first { word in
            refused.contains { word.text == $0 || word.text.hasPrefix($0 + "=") } || isPlainHTTP(word)
                || word.text.lowercased().contains("allowunauthenticated=true")
        }
    }

    private static func isShort(_ letter: Character, _ word: ShellWord) -> Bool {
        word.text.hasPrefix("-") && !word.text.hasPrefix("--") && word.text.contains(letter)
            && word.text.dropFirst().allSatisfy(\.isLetter)
    }

    private static func isPlainHTTP(_ word: ShellWord) -> Bool {
        guard let range = word.text.firstRange(of: "http://") else { return false }
        return !isLocalAuthority(word.text[range.upperBound...])
    }

    private static func isLocal(_ command: ShellCommand) -> Bool {
        let addresses = command.arguments.compactMap { word in
            word.text.firstRange(of: "://").map { word.text[$0.upperBound...] }
        }
        return !addresses.isEmpty && addresses.allSatisfy(isLocalAuthority)
    }

    private static func isLocalAuthority(_ rest: Substring) -> Bool {
        let host = rest.prefix { $0 != "/" && $0 != ":" }
        // What a variable stands for is not known, and often is the container itself.
        return Addresses.isLoopback(String(host)) || host.hasPrefix("$") || host.hasPrefix("[::1")
    }

    static func isInsecure(_ name: String, _ value: String) -> Bool {
        switch name {
        case "PYTHONHTTPSVERIFY", "NODE_TLS_REJECT_UNAUTHORIZED": value == "0"
        case "GIT_SSL_NO_VERIFY": !value.isEmpty && value != "0" && value != "false"
        case "PIP_TRUSTED_HOST", "UV_INSECURE_HOST": !value.isEmpty
        case "NPM_CONFIG_STRICT_SSL": value == "false"
        default: false
        }
    }
}

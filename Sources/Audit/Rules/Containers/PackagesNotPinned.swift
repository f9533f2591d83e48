// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerPackagesNotPinned = Rule(
        id: "BKL-D025",
        title: "Installed packages are not pinned",
        severity: .warning,
        why: """
            Each build takes what an index has that day. A package whose maintainer was robbed, or whose name was taken over, \
            then runs in the server.
            """,
        mend:
            "Install from a lock file with hashes (`pip install --require-hashes -r requirements.lock`), or name versions.",
        references: [
            .cwe(1357), .cwe(494), .owaspLLM("LLM05"), .cisDocker("4.3"), .cisDocker("4.11"), .trivy("DS-0029"),
            .hadolint("DL3008"), .hadolint("DL3013"), .hadolint("DL3018"), .hadolint("DL3033"),
            .sheet("BentoML: Secure Bento Building and Signing"),
        ],
        bad: [
            .dockerfile("FROM python:3.11-slim\nRUN pip install --no-cache-dir torch numpy==1.24.0"),
            .dockerfile("FROM python:3.11-slim\nRUN python3 -m pip install 'torch>=2'"),
            .dockerfile("FROM debian:12\nRUN apt-get update && apt-get install -y libgomp1"),
            .script("#!/bin/sh\npip3 install bentoml\nexec bentoml serve service:svc"),
        ],
        good: [
            .dockerfile("FROM python:3.11-slim\nRUN pip install --no-cache-dir -r requirements.txt"),
            .dockerfile("FROM python:3.11-slim\nRUN pip install torch==2.0.1 --index-url https://a.example.org/x"),
            .dockerfile("FROM debian:12\nRUN apt-get install -y libgomp1=12.2.0-14"),
            .dockerfile("FROM python:3.11-slim\nCOPY . .\nRUN pip install --no-deps . ./dist/a.whl"),
        ],
        checks: [
            .shellScript { script, findings in
                for command in script.commands {
                    guard let install = PackageInstall(command), let first = install.loose.first else { continue }
                    let names = install.loose.prefix(5).map { Printed.quoted($0.text, limit: 40) }.joined(
                        separator: ", "
                    )
                    let isSystem = install.installer != .pip && install.installer != .npm
                    findings.add(
                        first.place,
                        "\(Printed.quoted(command.program)) installs without a version: \(names)"
                            + (install.loose.count > 5 ? " and \(install.loose.count - 5) more" : ""),
                        weaker: isSystem ? .note : nil
                    )
                }
            }
        ]
    )
}

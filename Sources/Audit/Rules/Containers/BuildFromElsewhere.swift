// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerBuildFromElsewhere = Rule(
        id: "BKL-D066",
        title: "Image is built from files that others can change",
        severity: .error,
        why: """
            Dockerfile and programs come from that address each time the image is built: whoever can write there, or is on \
            the way of a connection in clear, decides what is in it.
            """,
        mend: "Name a commit, and https: `https://example.org/a.git#` and its 40 digits. Or keep a copy that was read.",
        references: [.cwe(829), .cwe(494), .cwe(319), .owasp("A08:2025")],
        bad: [
            .service("build: http://example.org/a.git"),
            .service("build:\n  context: https://github.com/example/a.git#main"),
            .service("build:\n  context: git@github.com:example/a.git"),
            .service("build:\n  context: .\n  additional_contexts: ['a=git://example.org/a']"),
            .service("build:\n  context: .\n  additional_contexts: {a: 'https://example.org/a.tar.gz'}"),
        ],
        good: [
            .service("build: ."),
            .service("build: https://github.com/example/a.git#0123456789abcdef0123456789abcdef01234567:docker"),
            .service("build:\n  context: .\n  additional_contexts: {a: ../a, b: 'service:a'}"),
        ],
        checks: [
            .container { container, findings in
                for source in container.sources where !isImage(source.value) {
                    let shown = Printed.quoted(source.value)
                    if PackageSource.isPlain(source.value) {
                        findings.add(
                            source.place,
                            "\(container.described) takes \(shown) without encryption",
                            weaker: InsecureOption.isNear(address: source.value) ? .warning : nil
                        )
                    } else if !namesCommit(source.value) {
                        findings.add(
                            source.place,
                            "\(container.described) takes \(shown), whatever it is by then",
                            weaker: .warning
                        )
                    }
                }
            }
        ]
    )

    /// ``containerImageNotPinned`` is about those; the others stand in the same file, or on the same machine.
    private static func isImage(_ source: String) -> Bool {
        ["docker-image://", "oci-layout://", "target://", "service://"].contains(where: source.hasPrefix)
    }

    private static func namesCommit(_ source: String) -> Bool {
        source.split { !$0.isHexDigit }.contains { $0.count == 40 || $0.count == 64 }
    }
}

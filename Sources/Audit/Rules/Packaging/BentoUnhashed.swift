// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let bentoUnhashed = Rule(
        id: "BKL-B003",
        title: "Packages have no hashes",
        severity: .note,
        why: "An index, or whoever is on the way to it, can give other files under the same version.",
        mend: "pip-compile --generate-hashes, or uv export; pip then refuses any other file.",
        references: [.cwe(353), .cwe(494), .owasp("A08:2025")],
        bad: [
            .file("requirements.txt", "flask==3.0.0\n"),
            .file("uv.lock", ExampleLocks.uv.replacing(", hash = \"sha256:21128f47e4e3\"", with: "")),
        ],
        good: [
            .file(
                "requirements.txt",
                "flask==3.0.0 \\\n    --hash=sha256:0b5d2ae4dc60c6f5b7d0f5b0c8d0c4b2ad4f20b5f0b1d4b2\n"
            ),
            .file("requirements.txt", "# nothing yet\n"),
            .file("uv.lock", ExampleLocks.uv),
        ],
        checks: [
            .requirements { file, findings in
                let open = file.requirements.filter { $0.hashes.isEmpty && $0.isPinned && $0.address == nil }
                guard let first = open.first, file.kind.isInstalled, !file.path.hasSuffix(".in") else { return }
                let others = open.count > 1 ? " and \(open.count - 1) more" : ""
                findings.add(first.place, "\(Printed.quoted(first.name))\(others) have no hash")
            }
        ]
    )
}

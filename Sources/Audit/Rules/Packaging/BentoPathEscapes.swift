// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let bentoPathEscapes = Rule(
        id: "BKL-B013",
        title: "A path of the build leads out of its directory",
        severity: .error,
        why:
            "Whoever writes the build file has any file of the machine that builds packed: keys, accounts, "
            + "other projects.",
        mend: "Name files beneath the directory of the build, by their paths from there.",
        references: [.cwe(22), .cwe(73), .owasp("A01:2025"), .cve("CVE-2026-24123"), .cve("CVE-2026-40610"), .cwe(59)],
        bad: [
            .file("bentofile.yaml", "service: 'a:b'\ndescription: 'file: ../../etc/passwd'\n"),
            .file("bentofile.yaml", "service: 'a:b'\ndocker:\n  setup_script: /etc/shadow\n"),
            .file("bentofile.yaml", "service: 'a:b'\npython:\n  requirements_txt: ~/.ssh/id_rsa\n"),
            .file(
                "pyproject.toml",
                "[tool.bentoml.build]\nservice = 'a:b'\n[tool.bentoml.build.conda]\nenvironment_yml = '$HOME/x'\n"
            ),
        ],
        good: [
            .file(
                "bentofile.yaml",
                "service: 'a:b'\ndescription: 'file: ./README.md'\npython:\n  requirements_txt: ./requirements.txt\n"
            ),
            .file("bentofile.yaml", "service: 'a:b'\ndescription: a model.. of /etc\n"),
        ],
        checks: [
            .bentoBuild { build, findings in
                for (field, path) in build.paths where escapes(path.value) {
                    findings.add(
                        path.place,
                        "'\(field)' names \(Printed.quoted(path.value)), outside of the build's directory"
                    )
                }
            },
            .project { project, findings in
                let links = project.entries.compactMap { entry -> (AuditEntry, String)? in
                    if case .link(let target, .outsideRoot) = entry.kind { (entry, target) } else { nil }
                }
                for build in project.bentoBuilds {
                    let packing = build.packing
                    for (entry, target) in links.prefix(linkLimit) where entry.path.hasPrefix(build.directory) {
                        guard packing.packs(entry.path.dropFirst(build.directory.count)) else { continue }
                        let message =
                            "link \(Printed.quoted(entry.name)) is packed and leads to \(Printed.quoted(target))"
                        findings.add(Place(entry.path), message)
                    }
                }
            },
        ]
    )

    /// Links that are compared with the patterns of a build.
    private static let linkLimit = 10_000

    private static func escapes(_ path: String) -> Bool {
        guard let first = path.utf8.first else { return false }
        // `include` may begin with '!', and a path with 'file:' or a drive.
        let bare = path.hasPrefix("file:") ? path.dropFirst(5) : path.hasPrefix("!") ? path.dropFirst() : path[...]
        if first == UInt8(ascii: "~") || first == UInt8(ascii: "$") || bare.hasPrefix("/") || bare.hasPrefix("\\") {
            return true
        }
        if path.contains("\0") || path.contains("$HOME") || path.contains("${") { return true }
        let isDrive = bare.utf8.dropFirst().first == UInt8(ascii: ":")
        return isDrive || bare.split(whereSeparator: { $0 == "/" || $0 == "\\" }).contains("..")
    }
}

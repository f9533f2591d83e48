// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let bentoSystemPackage = Rule(
        id: "BKL-B014",
        title: "The name of a system package is none",
        severity: .error,
        why: "BentoML pastes it into a command of the image's build: what follows ';' or '$(' runs there as root.",
        mend: "Names as the distribution has them: libgomp1, libstdc++6.",
        references: [.cwe(78), .owasp("A05:2025"), .cve("CVE-2026-33744"), .cve("CVE-2026-35043")],
        bad: [
            .file("bentofile.yaml", "service: 'a:b'\ndocker:\n  system_packages: ['curl; id']\n"),
            .file(
                "bentofile.yaml",
                "service: 'a:b'\ndocker:\n  system_packages:\n    - '-o APT::Update::Pre-Invoke::=id'\n"
            ),
            .file(
                "service.py",
                "import bentoml\nimage = bentoml.images.Image().run('ls').system_packages('curl; id')\n"
            ),
        ],
        good: [
            .file("service.py", "import bentoml\nimage = bentoml.images.Image().system_packages('curl', 'git')\n"),
            .file(
                "bentofile.yaml",
                "service: 'a:b'\ndocker:\n  system_packages: [libgomp1, libstdc++6, 'git=1:2.39.2-1.1', 'gcc:arm64']\n"
            ),
        ],
        checks: [
            .bentoBuild { build, findings in
                for package in build.texts(build.docker?["system_packages"]) where !isName(package.value) {
                    findings.add(package.place, "\(Printed.quoted(package.value)) is no name of a system package")
                }
            }
        ]
    )

    /// A name, and perhaps `=version`.
    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, isWord(first), text.utf8.count <= 200 else { return false }
        return text.utf8.allSatisfy { isWord($0) || "+.:_-=~".utf8.contains($0) }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte)
    }
}

// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let bentoInjectedLine = Rule(
        id: "BKL-B015",
        title: "A value would write lines of its own into the Dockerfile",
        severity: .error,
        why:
            "BentoML pastes base images and variables into the Dockerfile: after a new line come any "
            + "instructions, run as root.",
        mend: "Image names on one line and without spaces; variables named by letters, digits and '_'.",
        references: [.cwe(78), .cwe(94), .owasp("A05:2025"), .cve("CVE-2026-44345"), .cve("CVE-2026-44346")],
        bad: [
            .file("bentofile.yaml", "service: 'a:b'\ndocker:\n  base_image: \"python:3.11\\nRUN id\"\n  user: a\n"),
            .file("bentofile.yaml", "service: 'a:b'\nenvs:\n  - name: \"A\\nRUN id\"\n    value: x\n"),
            .file("bentofile.yaml", "service: 'a:b'\ndocker:\n  env: [\"A=1\\nRUN id\"]\n"),
        ],
        good: [
            .file(
                "bentofile.yaml",
                "service: 'a:b'\ndocker:\n  base_image: python:3.11-slim\n  user: a\n  env: [A_B=1 2]\n"
            ),
            .file("bentofile.yaml", "service: 'a:b'\nenvs:\n  - name: A_B\n    value: x y\n"),
        ],
        checks: [
            .bentoBuild { build, findings in
                if let image = build.docker?["base_image"]?.located, !isImage(image.value) {
                    findings.add(image.place, "\(Printed.quoted(image.value)) is no name of an image")
                }
                for variable in build.variables {
                    if !isVariable(variable.name) {
                        findings.add(variable.place, "\(Printed.quoted(variable.name)) is no name of a variable")
                    } else if let value = variable.value, value.unicodeScalars.contains(where: isLineEnd) {
                        findings.add(variable.place, "the value of \(Printed.quoted(variable.name)) has several lines")
                    }
                }
            }
        ]
    )

    private static func isLineEnd(_ scalar: Unicode.Scalar) -> Bool {
        [0x0A, 0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029].contains(scalar.value)
    }

    private static func isImage(_ name: String) -> Bool {
        guard let first = name.utf8.first, isLetterOrDigit(first) else { return false }
        return name.utf8.allSatisfy { isLetterOrDigit($0) || "._-/:@${}".utf8.contains($0) }
    }

    private static func isVariable(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return name.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "_") }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte)
    }
}

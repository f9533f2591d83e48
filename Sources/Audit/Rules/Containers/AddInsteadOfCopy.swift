// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerAddInsteadOfCopy = Rule(
        id: "BKL-D028",
        title: "ADD loads or unpacks",
        severity: .warning,
        why:
            "ADD fetches addresses without a checksum and unpacks archives, so what ends up in the image is another's choice.",
        mend: "Use COPY for files; for an address give `--checksum=sha256:…`.",
        references: [
            .cwe(494), .cisDocker("4.9"), .checkov("CKV_DOCKER_4"), .trivy("DS-0005"), .hadolint("DL3020"),
        ],
        bad: [
            .dockerfile("FROM debian:12\nADD https://example.org/model.onnx /models/m/1/"),
            .dockerfile("FROM debian:12\nADD service.py /app/"),
        ],
        good: [
            .dockerfile("FROM debian:12\nADD --checksum=sha256:0123 https://example.org/model.onnx /models/m/1/"),
            .dockerfile("FROM debian:12\nCOPY service.py /app/"),
            .dockerfile("FROM debian:12\nADD rootfs.tar.xz /"),
        ],
        checks: [
            .dockerfile { file, findings in
                for instruction in file.instructions where instruction.keyword == "ADD" {
                    for source in instruction.words.dropLast() { judge(source, of: instruction, &findings) }
                }
            }
        ]
    )

    private static func judge(_ source: ShellWord, of instruction: DockerInstruction, _ findings: inout Findings) {
        let text = source.text
        let isRemote = text.contains("://") || text.hasPrefix("git@")
        if isRemote {
            guard instruction.flag("checksum") == nil else { return }
            findings.add(source.place, "ADD loads \(Printed.quoted(text)) without a checksum")
        } else if ![".tar", ".tgz", ".gz", ".bz2", ".xz", ".zst"].contains(where: text.hasSuffix), !text.hasPrefix("<<")
        {
            findings.add(
                source.place,
                "ADD is used for \(Printed.quoted(text)), where COPY does no more than that",
                weaker: .note
            )
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let onnxExternalData = Rule(
        id: "BKL-M007",
        title: "External data of a model leaves its directory or is not there",
        severity: .error,
        why: """
            A model says where its weights are. A path that leads out of its directory, or a link that does, makes the \
            server read any file and hand it out as a tensor; a place beyond the file's end makes it read other memory.
            """,
        mend: "Keep external data in a regular file beside the model, and name it by a plain relative path.",
        references: [
            .cwe(22), .cwe(59), .cve("CVE-2022-25882"), .cve("CVE-2024-27318"), .cve("CVE-2026-27489"),
            .cve("CVE-2026-34446"),
        ],
        bad: [
            .model("model.onnx", ExampleBytes.onnx(graph: ExampleBytes.external("../../../etc/passwd"))),
            .model("model.onnx", ExampleBytes.onnx(graph: ExampleBytes.external("absent.bin"))),
            .model(
                "model.onnx",
                ExampleBytes.onnx(graph: ExampleBytes.external("short.bin")),
                beside: ["short.bin": [0xFF, 0xFE, 0xFF]]
            ),
        ],
        good: [
            .model(
                "model.onnx",
                ExampleBytes.onnx(graph: ExampleBytes.external("w.bin")),
                beside: ["w.bin": [0xFF, 0xFE, 0xFF, 0xFE, 0xFF, 0xFE, 0xFF, 0xFE]]
            )
        ],
        checks: [
            .problems(.externalData),
            .modelFile { file, findings in
                for data in file.externalData {
                    guard let (problem, severity) = problem(data) else { continue }
                    let location = Printed.quoted(data.use.location)
                    let message = "the file takes tensors from \(location), which \(problem)"
                    findings.add(Place(file.path), message, weaker: severity)
                }
            },
        ]
    )

    /// A link that stays beneath the root is less bad: loads follow it, and what is beneath was put there to be read.
    private static func problem(_ data: ModelFile.ExternalData) -> (String, Severity)? {
        if let link = data.linkOnTheWay {
            let stays = link.kind.leadsWithinRoot
            return ("lies behind the link \(Printed.quoted(link.path))", stays ? .warning : .error)
        }
        guard let entry = data.entry else { return ("is not there", .error) }
        switch entry.kind {
        case .directory: return ("is a directory", .error)
        case .link: return ("is a link", entry.kind.leadsWithinRoot ? .warning : .error)
        case .special(let kind): return ("is \(kind)", .error)
        case .file: break
        }
        if entry.linkCount > 1 {
            return ("has \(entry.linkCount) names, so that it may be another's file", .error)
        }
        let (end, overflow) = data.use.offset.addingReportingOverflow(data.use.byteCount)
        if overflow || end > entry.size {
            return ("has \(entry.size) bytes where they reach up to \(overflow ? .max : end)", .error)
        }
        return nil
    }
}

// SPDX-License-Identifier: Apache-2.0

extension Rule {
    /// Files of one model, whatever their sizes.
    static let fileLimit = 10_000
    /// Bytes of one model, 1 TiB.
    static let modelByteLimit = 1 << 40

    static let tooManyFiles = Rule(
        id: "BKL-R009",
        title: "Model of very many files or bytes",
        severity: .error,
        why: "Each is read and hashed at every load: a directory without end keeps the server from ever being ready.",
        mend: "Keep in a model's directory what the model needs, and data sets elsewhere.",
        references: [.cwe(400), .cwe(770)],
        bad: [
            RuleExample(
                Dictionary(uniqueKeysWithValues: (0...fileLimit).map { ("models/m/1/\($0).bin", []) })
                    .merging(["models/m/config.pbtxt": Array("name: \"m\"\nbackend: \"onnxruntime\"\n".utf8)]) { $1 }
            )
        ],
        good: [.config("")],
        checks: [
            .modelDirectory { model, findings in
                let files = model.entries.filter { $0.kind == .file }
                let place = Place(model.path.isEmpty ? "." : model.path)
                if files.count > fileLimit {
                    findings.add(
                        place,
                        "model \(Printed.quoted(model.name)) has \(files.count) files, more than \(fileLimit)"
                    )
                }
                let bytes = files.reduce(0) { sum, file in
                    let (next, overflow) = sum.addingReportingOverflow(max(0, file.size))
                    return overflow ? .max : next
                }
                if bytes > modelByteLimit {
                    findings.add(
                        place,
                        "model \(Printed.quoted(model.name)) has \(bytes) bytes, more than \(modelByteLimit)"
                    )
                }
            }
        ]
    )
}

// SPDX-License-Identifier: Apache-2.0
private import Foundation
private import Inference

extension Rule {
    static let hostileName = Rule(
        id: "BKL-R008",
        title: "File name that is read in two ways",
        severity: .error,
        why: """
            Controls, backslashes and a leading hyphen mean one thing to the server and another to a shell, a log or an \
            archive; names that differ only by case or by how a letter is composed are one file on other disks.
            """,
        mend: "Rename it with letters, digits, '.', '_' and '-', not beginning with '-'.",
        references: [.cwe(20), .cwe(176)],
        bad: [
            .config("", and: ["models/m/1/we\u{1B}ird": ""]),
            .config("", and: ["models/m/1/back\\slash.onnx": ""]),
            .config("", and: ["models/m/1/-rf": ""]),
            .config("", and: ["models/m/1/Weights.bin": "", "models/m/1/weights.bin": ""]),
        ],
        good: [.config("", and: ["models/m/1/model-v1.2_final.onnx": "", "models/m/1/größe.bin": ""])],
        checks: [
            .modelDirectory { model, findings in
                var known: [String: String] = [:]
                for entry in model.entries {
                    let place = Place(entry.path)
                    if let reason = reason(against: entry.name) {
                        findings.add(place, "the name \(Printed.quoted(entry.name)) \(reason)")
                    }
                    let folded = entry.path.precomposedStringWithCanonicalMapping.lowercased()
                    if let other = known.updateValue(entry.path, forKey: folded) {
                        findings.add(
                            place,
                            "\(Printed.quoted(entry.path)) and \(Printed.quoted(other)) are one file on other disks"
                        )
                    }
                }
            }
        ]
    )

    private static func reason(against name: String) -> String? {
        if name.utf8.first == UInt8(ascii: "-") { return "begins with a hyphen, as an option does" }
        if name.utf8.contains(UInt8(ascii: "\\")) { return "has a backslash" }
        let hides = !name.unicodeScalars.allSatisfy(\.isShown)
        return hides ? "has characters that are not shown" : nil
    }
}

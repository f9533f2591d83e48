// SPDX-License-Identifier: Apache-2.0

/// Findings that were there before, so that only new ones count.
package struct Baseline: Sendable, Equatable {
    /// How often each ``Finding/fingerprint`` may be found.
    package var counts: [String: Int] = [:]

    package init() {}

    package init(of findings: [Finding]) {
        for finding in findings { counts[finding.fingerprint, default: 0] += 1 }
    }

    /// Reads what ``text`` writes.
    package init(reading text: String, file: String) throws(Unreadable) {
        guard let root = try DataReader.yaml(text, file: file).first?.root, root["version"]?.int == 1,
            let findings = root["findings"], case .map(let members, _) = findings
        else {
            throw Unreadable(Place(file), "the file is no baseline: 'buckler audit --write-baseline FILE' makes one")
        }
        for member in members {
            guard let count = member.value.int, count > 0 else {
                throw Unreadable(member.keyPlace, "how often a finding was there is a number from 1")
            }
            counts[member.key] = count
        }
    }

    /// JSON, sorted, a line for each finding: it is read in reviews.
    package var text: String {
        let lines = counts.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map {
            "    \(JSONText.quoted($0.key)): \($0.value)"
        }
        let findings = lines.isEmpty ? "{}" : "{\n\(lines.joined(separator: ",\n"))\n  }"
        return "{\n  \"version\": 1,\n  \"findings\": \(findings)\n}\n"
    }
}

extension Finding {
    /// The same for the same finding when lines move: what the line says counts, not its number.
    package var fingerprint: String {
        let line = excerpt.map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
        return [rule, place.file, line ?? message].joined(separator: "|")
    }
}

/// Strings of JSON.
enum JSONText {
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

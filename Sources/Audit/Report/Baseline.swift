// SPDX-License-Identifier: Apache-2.0
private import Foundation

/// Findings that were there before, so that only new ones count.
package struct Baseline: Sendable, Equatable {
    /// How often each ``Finding/fingerprint`` may be found.
    package var counts: [String: Int] = [:]

    package init() {}

    package init(of findings: [Finding]) {
        for finding in findings { counts[finding.fingerprint, default: 0] += 1 }
    }

    private struct File: Codable {
        var version = 1
        var findings: [String: Int]
    }

    /// Reads what ``text`` writes.
    package init(reading text: String, file: String) throws(Unreadable) {
        guard let read = try? JSONDecoder().decode(File.self, from: Data(text.utf8)), read.version == 1,
            read.findings.values.allSatisfy({ $0 > 0 })
        else {
            throw Unreadable(Place(file), "the file is no baseline: 'buckler audit --write-baseline FILE' makes one")
        }
        counts = read.findings
    }

    /// JSON, sorted, a line for each finding: it is read in reviews.
    package var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(File(findings: counts)) else {
            preconditionFailure("texts and numbers can always be encoded")
        }
        return String(decoding: data, as: UTF8.self) + "\n"
    }
}

extension Finding {
    /// The same for the same finding when lines move: what the line says counts, not its number.
    package var fingerprint: String {
        let line = excerpt.map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
        return [rule, place.file, line ?? message].joined(separator: "|")
    }
}

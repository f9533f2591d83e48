// SPDX-License-Identifier: Apache-2.0
import Access
import Foundation
import Settings

/// What `buckler ledger` says to people.
enum LedgerListing {
    /// - Parameter isArchived: whether whoever asks knows that old files are elsewhere.
    static func verdict(_ report: LedgerReport, isArchived: Bool = false, on terminal: Terminal = .output) -> String {
        var lines: [String] = []
        func add(_ name: String, _ text: String) {
            lines.append("  \(name.padding(toLength: 11, withPad: " ", startingAt: 0)) \(text)")
        }
        if let fault = report.fault {
            let place = "\(Printable.text(fault.file)) line \(fault.line)"
            lines.append(terminal.styled("tampered", .red) + "  \(fault.damage.rawValue): \(place)")
            add("why", fault.text)
        } else if report.missingFile != nil, !isArchived {
            lines.append(terminal.styled("incomplete", .red) + "  from its first file on it is intact (--archived)")
        } else {
            lines.append(terminal.styled("intact", .green))
        }
        if let first = report.first, let last = report.last {
            add("lines", "\(report.lines) good in \(report.files) files, \(first) to \(last)")
        }
        if let checkpoint = report.checkpoint {
            let place = "\(Printable.text(checkpoint.file)) line \(checkpoint.line)"
            add("checkpoint", "\(Printable.text(checkpoint.time)) in \(place)")
        }
        add("signed", "\(report.signedLines) lines; \(report.unsignedLines) after the last checkpoint")
        if report.tornBytes > 0 { add("unfinished", "\(report.tornBytes) bytes of a line that is not written yet") }
        if let key = report.key { add("key", key) }
        if !report.isKeyTrusted {
            let hint = "the key is the one that the file names: whoever can write the file can name their own"
            lines.append(terminal.styled("  note        \(hint) (--public-key)", .yellow))
        }
        for note in report.notes { lines.append(terminal.styled("  note        \(note)", .yellow)) }
        return lines.joined(separator: "\n")
    }

    static func table(_ lines: [LedgerLine]) -> String {
        var table = TextTable([
            ("SEQ", .right), ("TIME", .left), ("KIND", .left), ("STATUS", .right), ("WHO", .left), ("ADDRESS", .left),
            ("ROUTE", .left), ("MODEL", .left), ("REQUEST", .left), ("MORE", .left),
        ])
        for line in lines { table.append(cells(of: line)) }
        return table.text
    }

    /// A column for what most lines have, and the rest by name in the last.
    private static func cells(of line: LedgerLine) -> [String] {
        var rest: [String] = []
        var known: [String: String] = [:]
        for (name, value) in line.fields {
            let text = bare(value)
            switch name {
            case "seq", "time", "kind": continue
            case "status", "principal", "tenant", "key", "address", "route", "model", "version", "request":
                known[name] = text
            case "signature", "public", "hash", "ledger": rest.append("\(name)=\(text.prefix(8))…")
            default: rest.append("\(name)=\(text)")
            }
        }
        let who = [known["principal"], known["tenant"].map { "(\($0))" }, known["key"]].compactMap(\.self)
        let model = [known["model"], known["version"]].compactMap(\.self)
        return [
            String(line.number), Printable.text(line.timeText), line.kind, known["status"] ?? "",
            who.joined(separator: " "), known["address"] ?? "", known["route"] ?? "", model.joined(separator: "@"),
            known["request"] ?? "", rest.joined(separator: " "),
        ]
    }

    /// Without quotes, with its escapes: what was dangerous to show stays a number. A file that someone else wrote may
    /// hold what our writer would have escaped.
    private static func bare(_ value: String) -> String {
        let isQuoted = value.count >= 2 && value.hasPrefix("\"") && value.hasSuffix("\"")
        return Printable.text(isQuoted ? String(value.dropFirst().dropLast()) : value)
    }
}

extension LedgerLine {
    var isDenial: Bool { kind == "deny" || kind == "suppressed" }
}

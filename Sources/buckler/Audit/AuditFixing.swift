// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import Foundation
import Settings

/// `buckler audit --fix`: shows each file's mends as a diff, asks, and writes.
enum AuditFixing {
    static func mend(_ report: AuditReport, asking: Bool) throws {
        let plans = try plans(for: report)
        guard !plans.isEmpty else {
            Terminal.error.line("nothing found has a mend that is certain")
            return
        }
        for (plan, audited) in plans {
            Terminal.error.line(coloured(plan.diff))
            guard !asking || agrees(to: plan) else { continue }
            try write(plan, over: audited)
            Terminal.error.line("\(plan.file): " + plan.titles.joined(separator: "; "))
        }
    }

    private static func plans(for report: AuditReport) throws -> [(FixPlan, audited: String)] {
        let secretive = Set(report.rules.filter(\.hidesLine).map(\.id))
        let files = Dictionary(grouping: report.findings, by: \.place.file)
        return try files.sorted { $0.key < $1.key }.compactMap { file, findings in
            guard findings.contains(where: { $0.fix != nil }) else { return nil }
            let text = try BoundedFile.read(file, limit: AuditLimits.defaults.textBytes)
            let secrets = report.entries.map(\.finding)
                .filter { $0.place.file == file && secretive.contains($0.rule) }.compactMap(\.place.line)
            let plan = FixPlan(
                file: file,
                text: text,
                fixes: findings.compactMap(\.fix),
                secretLines: Set(secrets)
            )
            return plan.isEmpty ? nil : (plan, text)
        }
    }

    private static func agrees(to plan: FixPlan) -> Bool {
        guard isatty(STDIN_FILENO) == 1 else {
            Terminal.error.line("nobody is here to ask: --yes writes without asking")
            return false
        }
        Terminal.error.line("Write this to \(plan.file)? [y/N]")
        return ["y", "yes"].contains((readLine() ?? "").lowercased())
    }

    /// What somebody has changed since it was read is left alone.
    private static func write(_ plan: FixPlan, over audited: String) throws {
        guard isAFileOfItsOwn(plan.file) else {
            Terminal.failure(of: "buckler audit", "\(plan.file) is a link, or has other names: mend what it leads to")
            throw ExitCode(2)
        }
        guard try BoundedFile.read(plan.file, limit: AuditLimits.defaults.textBytes) == audited else {
            Terminal.failure(of: "buckler audit", "\(plan.file) has changed since it was read: nothing was written")
            throw ExitCode(2)
        }
        let attributes = try FileManager.default.attributesOfItem(atPath: plan.file)
        try plan.result.write(toFile: plan.file, atomically: true, encoding: .utf8)
        if let mode = attributes[.posixPermissions] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: plan.file)
        }
    }

    /// A link would be replaced by a file, and what else a file is called would keep what was there.
    private static func isAFileOfItsOwn(_ path: String) -> Bool {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return attributes?[.type] as? FileAttributeType == .typeRegular && attributes?[.referenceCount] as? Int == 1
    }

    private static func coloured(_ diff: String) -> String {
        diff.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            if line.hasPrefix("+") { return Terminal.error.styled(String(line), .green) }
            if line.hasPrefix("-") { return Terminal.error.styled(String(line), .red) }
            return String(line)
        }
        .joined(separator: "\n")
    }
}

// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Audit
import Foundation
import Inference

/// `buckler audit`: what is unsafe in a project, why, and how to mend it.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Say what is unsafe in model repositories, bentos, containers, manifests and services.",
        discussion: """
            Reads model repositories, bento projects, requirements, Dockerfiles, compose files, Kubernetes manifests, \
            command lines of servers, Python sources and model files, and runs nothing of them. The exit status is 0 if \
            nothing is found at or above --fail-on, 1 if something is, 2 if something could not be read.

            The server refuses to load a model with an error of this audit; --admission-policy changes that.
            """
    )

    @Argument(help: ArgumentHelp("Files and directories.", valueName: "path"))
    var paths: [String] = []

    @Option(help: "As text for people, or json, sarif (2.1.0), junit or markdown.")
    var format = AuditReport.Format.text

    @Flag(help: "The same as --format json.")
    var json = false

    @Option(help: ArgumentHelp("Write the report there rather than to standard output.", valueName: "file"))
    var output: String?

    @Option(help: "What makes the exit status 1: error, warning or note.")
    var failOn = Severity.error

    @Option(
        help: "For which server: secure, with Buckler's own defaults, or triton, which loads ordinary repositories."
    )
    var profile = AuditProfile.secure

    @Option(
        help: ArgumentHelp(
            "Findings that somebody answers for: a YAML list 'waivers' of rule, path, reason and expires.",
            discussion: "Unless told, .buckler-audit.yaml in this directory, if there is one.",
            valueName: "file"
        )
    )
    var waivers: String?

    @Option(help: ArgumentHelp("Findings that were there before do not count.", valueName: "file"))
    var baseline: String?

    @Option(help: ArgumentHelp("Write what is found now as a baseline.", valueName: "file"))
    var writeBaseline: String?

    @Option(
        help: ArgumentHelp("Leave out paths like this, as in 'third_party/*'. May be repeated.", valueName: "pattern")
    )
    var exclude: [String] = []

    @Flag(help: "Make the mends that are certain: show them, ask, and write them.")
    var fix = false

    @Flag(help: "With --fix: do not ask.")
    var yes = false

    @Flag(help: "List all rules.")
    var list = false

    @Option(help: ArgumentHelp("Say what a rule is about, why, and what to write instead.", valueName: "rule"))
    var explain: String?

    func validate() throws {
        if list || explain != nil { return }
        guard !paths.isEmpty else { throw ValidationError("give files or directories: buckler audit .") }
        if yes, !fix { throw ValidationError("--yes says not to ask about --fix: give both") }
    }

    func run() async throws {
        if list { return Terminal.output.line(try RuleListing.list(json: json || format == .json, profile: profile)) }
        if let explain { return Terminal.output.line(try explained(explain)) }
        do {
            try audit()
        } catch let problem as Unreadable {
            Terminal.failure(of: "buckler audit", "\(Printed.cut(problem.place.file, limit: 400)): \(problem.message)")
            throw ExitCode(2)
        }
    }

    private func explained(_ id: String) throws -> String {
        guard let rule = RuleTable.rule(id.uppercased()) else {
            Terminal.failure(of: "buckler audit", "there is no rule \(Printed.quoted(id)); --list shows all")
            throw ExitCode(2)
        }
        return RuleListing.explanation(of: rule)
    }

    private func audit() throws {
        var tree = DiskTree(excluded: exclusion)
        for path in paths { try tree.add(path: Self.told(path)) }
        let audit = Audit(profile: profile, python: SandboxedPython.reader)
        var progress = AuditProgress()
        let result = audit.run(tree) { progress.show($0, of: $1) }
        progress.end()
        let suppressions = try suppressions()
        if let writeBaseline { try write(Baseline(of: result.findings).text, to: writeBaseline) }
        let report = AuditReport(
            result,
            suppressions: suppressions,
            profile: profile,
            version: BucklerVersion.current,
            today: Self.today
        )
        let threshold = failOn
        let printed = try AuditPrinting.text(
            of: report,
            as: json ? .json : format,
            failOn: threshold,
            toFile: output != nil
        )
        if let output { try write(printed, to: output) } else { AuditPrinting.print(printed) }
        if fix { try AuditFixing.mend(report, asking: !yes) }
        let status = report.exitStatus(failOn: threshold)
        if status != 0 { throw ExitCode(status) }
    }

    private var exclusion: DiskTree.Exclusion {
        let patterns = exclude.flatMap { [$0[...], Self.atTheTop($0)] }.map { Glob($0) }
        return { path, name, isInModel in
            !isInModel && DiskTree.usuallyExcluded.contains(name)
                || patterns.contains { $0.matches(path) || $0.matches(name) }
        }
    }

    /// `./a` is told as `a`, and `**/a` is also one at the top.
    private static func atTheTop(_ pattern: String) -> Substring {
        var pattern = pattern[...]
        while let start = ["./", "**/"].first(where: pattern.hasPrefix) { pattern = pattern.dropFirst(start.count) }
        return pattern
    }

    /// As it is told: waivers and baselines made in one directory hold however a path beneath it was typed.
    private static func told(_ path: String) -> String {
        let here = FileManager.default.currentDirectoryPath
        if path == here { return "." }
        return here != "/" && path.hasPrefix(here + "/") ? String(path.dropFirst(here.count + 1)) : path
    }

    private func suppressions() throws -> Suppressions {
        var suppressions = Suppressions()
        let usual = ".buckler-audit.yaml"
        if let file = waivers ?? (FileManager.default.fileExists(atPath: usual) ? usual : nil) {
            suppressions.waivers = try Waiver.read(try AuditFile.text(of: file), file: file)
        }
        if let baseline {
            suppressions.baseline = try Baseline(reading: try AuditFile.text(of: baseline), file: baseline)
        }
        return suppressions
    }

    /// The day here: waivers end when it does for whoever runs this.
    private static var today: String {
        let parts = Calendar(identifier: .gregorian).dateComponents([.year, .month, .day], from: Date())
        return String(format: "%04d-%02d-%02d", parts.year ?? 0, parts.month ?? 0, parts.day ?? 0)
    }

    private func write(_ text: String, to file: String) throws(Unreadable) {
        do {
            try text.write(toFile: file, atomically: true, encoding: .utf8)
        } catch {
            throw Unreadable(Place(file), "cannot be written: \(error.localizedDescription)")
        }
    }
}

extension AuditReport.Format: ExpressibleByArgument {}
extension Severity: ExpressibleByArgument {}
extension AuditProfile: ExpressibleByArgument {}

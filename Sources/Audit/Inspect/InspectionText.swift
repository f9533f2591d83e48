// SPDX-License-Identifier: Apache-2.0

/// An inspection as people read it: lines of parts, each with what it is, so that a terminal may colour them.
package struct InspectionText: Sendable {
    package enum Style: Sendable, Equatable {
        case plain
        /// What a block of lines is about.
        case heading
        /// The name of a fact, an offset, an instruction's name.
        case label
        /// What was found to be bad.
        case problem
        /// Less important than the rest.
        case faint
    }

    package struct Part: Sendable, Equatable {
        package var text: String
        package var style: Style

        package init(_ text: String, _ style: Style = .plain) {
            self.text = text
            self.style = style
        }
    }

    /// Printable: parts of the file went through ``Printed``.
    package private(set) var lines: [[Part]] = []

    /// - Parameter listsPickles: whether pickles are printed instruction by instruction.
    package init(_ inspection: Inspection, listsPickles: Bool = true) {
        lines.append([
            Part(Printed.cut(inspection.name, limit: 400), .heading),
            Part(" is \(inspection.format.title), \(inspection.size) bytes"),
        ])
        for fact in inspection.facts {
            lines.append([Part("  \(Printed.cut(fact.name, limit: 120)): ", .label), Part(fact.value)])
        }
        for program in inspection.pickles { add(program, lists: listsPickles) }
        add(inspection.problems)
    }

    /// All lines in one text.
    /// - Parameter styled: how a part looks; the parts as they are unless told.
    package func text(styled: (String, Style) -> String = { text, _ in text }) -> String {
        lines.map { line in line.map { styled($0.text, $0.style) }.joined() + "\n" }.joined()
    }

    private mutating func add(_ program: PickleProgram, lists: Bool) {
        lines.append([])
        let place = program.member.map { " in \(Printed.quoted($0, limit: 200))" } ?? ""
        lines.append([Part("Pickle\(place) at byte \(program.start)", .heading)])
        if lists {
            for line in program.lines { lines.append(Self.line(line, start: program.start)) }
            let rest = program.operationCount - program.lines.count
            if rest > 0 { lines.append([Part("  … and \(rest) more instructions", .faint)]) }
        }
        if let fault = program.fault { lines.append([Part("  It \(fault).", .problem)]) }
        let isBad = !program.dangerousImports.isEmpty
        lines.append([Part("  Loaded, it \(program.explanation).", isBad ? .problem : .plain)])
        for use in Self.distinct(program.dangerousImports).prefix(20) {
            lines.append([Part("    \(use.title)", .label), Part(" \(use.danger ?? "")")])
        }
    }

    /// In the manner of Python's `pickletools.dis`: offset, instruction, argument, and what it means.
    private static func line(_ line: PickleProgram.Line, start: Int) -> [Part] {
        let offset = String(line.offset - start)
        let gap = String(repeating: " ", count: max(0, 8 - offset.count))
        var parts = [Part("\(gap)\(offset): ", .faint), Part(line.name, .label)]
        if !line.argument.isEmpty { parts.append(Part(" " + line.argument)) }
        if let meaning = line.meaning { parts.append(Part("  # \(meaning)", .faint)) }
        return parts
    }

    private static func distinct(_ imports: [PickleProgram.Import]) -> [PickleProgram.Import] {
        var titles: Set<String> = []
        return imports.filter { titles.insert($0.title).inserted }
    }

    private mutating func add(_ problems: [InspectionProblem]) {
        lines.append([])
        guard !problems.isEmpty else {
            lines.append([Part("No problems found.")])
            return
        }
        lines.append([Part(problems.count == 1 ? "1 problem" : "\(problems.count) problems", .heading)])
        for problem in problems {
            var parts = [Part("  \(problem.kind.rawValue)", .problem), Part(": \(problem.sentence)")]
            if let offset = problem.offset { parts.append(Part(" (at byte \(offset))", .faint)) }
            lines.append(parts)
        }
    }
}

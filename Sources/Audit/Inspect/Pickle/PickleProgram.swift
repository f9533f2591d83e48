// SPDX-License-Identifier: Apache-2.0

/// What a pickle would do if it were loaded, found by following its instructions without doing any of it.
package struct PickleProgram: Sendable, Equatable, Encodable {
    package struct Import: Sendable, Equatable, Encodable {
        /// Printable; `?` where it is only known once the pickle runs.
        package var module: String
        package var name: String
        /// Bytes from where the pickle begins.
        package var offset: Int
        /// What it can be used for, if that is known to be bad: "runs commands".
        package var danger: String?

        package var title: String { "\(module).\(name)" }
    }

    package struct Call: Sendable, Equatable, Encodable {
        /// Printable: `os.system('id')`.
        package var text: String
        package var offset: Int
        package var isDangerous: Bool
    }

    package struct Line: Sendable, Equatable, Encodable {
        package var offset: Int
        /// As Python's `pickletools` names it.
        package var name: String
        /// Printable; empty if there is none.
        package var argument: String
        /// What it means, where that is not plain from its name: "imports os.system".
        package var meaning: String?
    }

    /// Bytes from the beginning of the file or member.
    package var start: Int
    /// Of the first byte behind it.
    package var end: Int
    /// Of an archive.
    package var member: String?
    /// The highest that it announces; 0 if none.
    package var protocolVersion = 0
    package var operationCount = 0
    package var lines: [Line] = []
    package var imports: [Import] = []
    package var calls: [Call] = []
    /// Whether it came to its STOP.
    package var isComplete = false
    /// Whether a bound of ours ended it, rather than what stands there.
    package var reachedBound = false
    /// Whether an unpickler would do harm by then: it imports something that can be imported and goes on to use it, or
    /// comes to its end.
    package var acts = false
    /// Why it could not be followed to its end.
    package var fault: String?

    static let importLimit = 1000
    static let callLimit = 1000
    /// Dangerous ones that are kept beyond these limits.
    static let dangerLimit = 100

    init(start: Int) {
        self.start = start
        end = start
    }

    package var dangerousImports: [Import] { imports.filter { $0.danger != nil } }

    /// What loading it would do, in half a sentence: "would import os.system and call os.system('id')".
    package var explanation: String {
        let dangerous = dangerousImports
        let shown = dangerous.isEmpty ? imports : dangerous
        guard !shown.isEmpty else { return "imports nothing" }
        let names = Self.list(shown.map(\.title))
        let call = calls.first { $0.isDangerous } ?? (dangerous.isEmpty ? calls.first : nil)
        guard let call else { return "would import \(names)" }
        return "would import \(names) and call \(call.text)"
    }

    private static func list(_ names: [String]) -> String {
        let distinct = names.reduce(into: [String]()) { list, name in
            if list.count < 4, !list.contains(name) { list.append(name) }
        }
        guard distinct.count == 4 else { return distinct.joined(separator: ", ") }
        return distinct.prefix(3).joined(separator: ", ") + " and more"
    }
}

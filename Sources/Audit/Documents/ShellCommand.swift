// SPDX-License-Identifier: Apache-2.0

/// A word of a shell command, without its quotes.
package struct ShellWord: Sendable {
    /// What the shell would put in for `$NAME` and the like is unknown and stays as it is written.
    package var text: String
    package var place: Place
    /// Whether the shell puts something in: `$NAME`, `$(command)`, `` `command` ``.
    package var isExpanded = false
    /// Commands within it: those of `$(command)` and `` `command` ``.
    package var inner: [ShellCommand] = []
    /// Whether there are more commands within it than were looked into: see ``ShellReader/depthLimit``.
    package var isCut = false

    package init(_ text: String, at place: Place, isExpanded: Bool = false) {
        self.text = text
        self.place = place
        self.isExpanded = isExpanded
    }

    package var located: Located<String> { Located(text, at: place) }
}

/// What stands between a command and the next.
package enum ShellConnector: Sendable, Equatable {
    /// `|`: the next command reads what this one prints.
    case pipe
    /// `&&`
    case and
    /// `||`
    case or
    /// `;`, `&`, a new line, or the end.
    case end
}

/// A command of a shell script, or of the like.
package struct ShellCommand: Sendable {
    /// Variables that are set for this command alone, or for the shell if there are no words.
    package var assignments: [Assignment] = []
    package var words: [ShellWord] = []
    /// Files that it reads or writes.
    package var redirections: [Redirection] = []
    package var connector = ShellConnector.end
    /// Programs that only run another: `sudo`, `exec`, `env` and the like; ``words`` are those of the other.
    package var wrappers: [ShellWord] = []
    package var place: Place

    package struct Assignment: Sendable {
        package var name: String
        package var value: ShellWord
    }

    package struct Redirection: Sendable {
        /// As in `>`, `>>` or `<`, without the number of a descriptor.
        package var symbol: String
        package var target: ShellWord
    }

    package init(place: Place) { self.place = place }

    /// Of an array that is executed without a shell.
    package init?(_ words: [ShellWord]) {
        guard let first = words.first else { return nil }
        self.words = words
        place = first.place
    }

    /// The last name of the program's path; empty if there is no program.
    package var program: String { words.first.map { ShellCommand.baseName($0.text) } ?? "" }

    package var arguments: ArraySlice<ShellWord> { words.dropFirst() }

    package func has(_ argument: String...) -> Bool { arguments.contains { argument.contains($0.text) } }

    /// Of a path that a file may have: what is longer names no program, and would be searched again and again.
    static func baseName(_ path: String) -> String {
        guard path.utf8.count <= 4096 else { return "" }
        return path.split(separator: "/").last.map(String.init) ?? path
    }
}

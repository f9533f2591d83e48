// SPDX-License-Identifier: Apache-2.0

/// A word of a shell command, without its quotes.
package struct ShellWord: Sendable {
    /// What the shell would put in for `$NAME` and the like is unknown and stays as it is written.
    package var text: String
    package var place: Place
    /// Whether the shell puts something in: `$NAME`, `$(command)`, `` `command` ``.
    package var isExpanded = false
    /// Variables that the shell puts in, in the order of the text; those whose values are known are put in by
    /// ``ShellVariables`` and are then ``resolved``.
    package var expansions: [ShellExpansion] = []
    /// Names of the variables whose values were put in.
    package var resolved: [String] = []
    /// Commands within it: those of `$(command)` and `` `command` ``.
    package var inner: [ShellCommand] = []
    /// Whether there is more within it than was looked into: see ``ShellReader/depthLimit``.
    package var isCut = false

    package init(_ text: String, at place: Place, isExpanded: Bool = false) {
        self.text = text
        self.place = place
        self.isExpanded = isExpanded
    }

    package var located: Located<String> { Located(text, at: place) }

    /// Without the first bytes of its text.
    func dropping(_ count: Int) -> ShellWord {
        var rest = self
        rest.text = String(Substring(text.utf8.dropFirst(count)))
        rest.expansions = expansions.compactMap { $0.range.lowerBound < count ? nil : $0.moved(by: -count) }
        return rest
    }
}

/// `$NAME` or `${NAME…}` in a word.
package struct ShellExpansion: Sendable {
    /// `@` and numbers for what a script or function is given; empty for what a command prints.
    package var name: String
    /// What follows the name within braces, as in `[@]` and `:-default`.
    package var modifier = ""
    /// Where it stands: bytes of the word's text.
    package var range: Range<Int>
    /// Whether it is in quotes, where the shell does not part its value into words.
    package var isQuoted: Bool

    /// What a command prints, where that is written in it.
    var printed: String?

    var isCommand: Bool { name.isEmpty }

    func moved(by count: Int) -> ShellExpansion {
        var moved = self
        moved.range = (range.lowerBound + count)..<(range.upperBound + count)
        return moved
    }
}

/// What stands between a command and the next.
package enum ShellConnector: Sendable, Equatable {
    /// `|`: the next command reads what this one prints. Each of a group has it whose output is read as a whole.
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
    /// Whether it may be left out: it stands in `if`, `while`, `for` or `case`, or behind `&&` or `||`.
    package var isConditional = false
    /// Whether it stands in parentheses: what it sets holds within them.
    package var isInSubshell = false
    /// Programs that only run another: `sudo`, `exec`, `env` and the like; ``words`` are those of the other.
    package var wrappers: [ShellWord] = []
    /// What these were told, as in `-t 1` of `nsenter`.
    package var wrapperOptions: [ShellWord] = []
    package var place: Place
    /// Whether commands within it, or behind it, or values that it needs or sets were not looked at: see
    /// ``ShellReader/depthLimit``, ``ShellReader/countLimit`` and ``ShellVariables``.
    package var isCut = false

    package struct Assignment: Sendable {
        package var name: String
        package var value: ShellWord
        /// Of `NAME=(…)`.
        package var elements: [ShellWord]?
        /// `NAME+=value`
        package var isAppended = false
    }

    package struct Redirection: Sendable {
        /// As in `>`, `>>`, `<`, `<<` or `<<<`, without the number of a descriptor.
        package var symbol: String
        /// The file; the end's mark of a heredoc; the text of a here-string.
        package var target: ShellWord
        /// What a heredoc has.
        package var body: SourceText?
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

    /// Whether its words set variables of the shell.
    var isDeclaration: Bool { ["declare", "export", "local", "readonly", "typeset"].contains(program) }

    /// What it sets, for itself or for the commands behind it.
    package var variables: [Assignment] {
        isDeclaration ? assignments + arguments.compactMap(\.assignment) : assignments
    }

    /// What it sets for the commands behind it: alone, or by `export` and the like.
    package var settings: [Assignment] { words.isEmpty || isDeclaration ? variables : [] }

    /// Marked as one of which not all was looked at.
    var cut: ShellCommand {
        var cut = self
        cut.isCut = true
        return cut
    }

    /// Of a path that a file may have: what is longer names no program, and would be searched again and again.
    static func baseName(_ path: String) -> String {
        guard path.utf8.count <= 4096 else { return "" }
        guard path.utf8.contains(UInt8(ascii: "/")) else { return path }
        return path.split(separator: "/").last.map(String.init) ?? path
    }
}

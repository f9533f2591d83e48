// SPDX-License-Identifier: Apache-2.0

/// Puts tokens together to commands.
struct ShellAssembly {
    private(set) var commands: [ShellCommand] = []
    private var current: ShellCommand?
    private var redirection: String?
    private var last = ShellConnector.end
    /// What is open: how it is closed, and how many commands were before it.
    private var groups: [(close: Close, start: Int)] = []
    /// The first command of the group that was closed last, if nothing came after it.
    private var closed: Int?
    /// How many of ``groups`` are loops and conditions.
    private var conditions = 0
    /// How many of them are parentheses.
    private var subshells = 0
    /// The word of the grammar just before.
    private var opener: String?

    private enum Close {
        case parenthesis
        case brace
        /// `fi`, `done`, `esac`
        case word
    }

    /// Words of the grammar that a command may follow.
    private static let openers: Set<String> = [
        "if", "then", "else", "elif", "while", "until", "do", "!", "{", "}", "time", "fi", "done", "esac", "function",
        "coproc",
    ]

    mutating func take(_ token: ShellToken) {
        switch token {
        case .word(let word): take(word)
        case .array(let word, let elements): take(word, elements)
        case .redirection(let symbol, let place):
            begin(at: place)
            redirection = symbol
        case .connector(let connector): finish(connector)
        case .open:
            finish(.end)
            open(.parenthesis)
        case .close:
            finish(.end)
            close(.parenthesis)
        }
    }

    private mutating func begin(at place: Place) {
        guard current == nil else { return }
        current = ShellCommand(place: place)
        current?.isConditional = last == .and || last == .or || conditions > 0
        current?.isInSubshell = subshells > 0
    }

    /// Changes the command in its place: a copy for each word would take quadratic time.
    private mutating func take(_ word: ShellWord) {
        begin(at: word.place)
        if let symbol = redirection {
            current?.redirections.append(.init(symbol: symbol, target: word))
            redirection = nil
        } else if current?.words.isEmpty == false {
            current?.words.append(word)
        } else if opener == "function" || (opener == "time" && word.text == "-p") {
            opener = nil
        } else if let assignment = word.assignment {
            current?.assignments.append(assignment)
        } else if Self.openers.contains(word.text) {
            open(word.text)
        } else {
            if ["for", "select", "case"].contains(word.text) { open(.word) }
            current?.place = word.place
            current?.words.append(word)
        }
    }

    private mutating func take(_ word: ShellWord, _ elements: [ShellWord]) {
        begin(at: word.place)
        guard redirection == nil, var assignment = word.assignment else { return take(word) }
        assignment.value.text = elements.map(\.text).joined(separator: " ")
        assignment.value.inner = elements.flatMap(\.inner)
        assignment.value.isExpanded = elements.contains { $0.isExpanded }
        assignment.value.isCut = elements.contains { $0.isCut }
        assignment.elements = elements
        current?.assignments.append(assignment)
    }

    private mutating func open(_ word: String) {
        opener = word
        switch word {
        case "if", "while", "until": open(.word)
        case "{": open(.brace)
        case "}": close(.brace)
        case "fi", "done", "esac": close(.word)
        default: break
        }
    }

    private mutating func open(_ kind: Close) {
        groups.append((kind, commands.count))
        if kind == .word { conditions += 1 }
        if kind == .parenthesis { subshells += 1 }
    }

    private mutating func close(_ kind: Close) {
        guard let group = groups.last, group.close == kind else { return }
        groups.removeLast()
        if kind == .word { conditions -= 1 }
        if kind == .parenthesis { subshells -= 1 }
        closed = group.start
    }

    mutating func finish(_ connector: ShellConnector) {
        defer { (current, redirection, opener, last) = (nil, nil, nil, connector) }
        let hasProgram = current.map { !$0.words.isEmpty || !$0.assignments.isEmpty } ?? false
        if let start = closed {
            if connector == .pipe, !hasProgram { pipe(from: start) }
            if connector == .pipe || hasProgram { closed = nil }
        }
        guard var command = current, hasProgram || !command.redirections.isEmpty else { return }
        command.connector = connector
        commands.append(command)
    }

    /// Of a group that is piped, the last commands are: more in it than anyone writes only print.
    private mutating func pipe(from start: Int) {
        for index in commands.indices.suffix(64) where index >= start { commands[index].connector = .pipe }
    }

    /// - Parameter bodies: in the order of the heredocs' marks.
    mutating func take(bodies: [SourceText]) {
        guard !bodies.isEmpty else { return }
        var rest = bodies[...]
        for command in commands.indices {
            for index in commands[command].redirections.indices {
                guard ["<<", "<<-"].contains(commands[command].redirections[index].symbol) else { continue }
                commands[command].redirections[index].body = rest.popFirst()
            }
        }
    }
}

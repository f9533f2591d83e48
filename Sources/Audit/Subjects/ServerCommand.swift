// SPDX-License-Identifier: Apache-2.0

/// The command line of a server, or the settings that stand for one.
package struct ServerCommand: Sendable {
    package enum Program: String, Sendable {
        case triton = "tritonserver"
        case buckler = "buckler serve"
        case bento = "bentoml serve"
    }

    /// Who can reach the ports that it listens on, as far as what runs it tells.
    package enum Reach: Sendable, Equatable {
        /// Nothing is known that would keep anyone away.
        case anyone
        /// Other containers of the same network.
        case network
        /// The machine itself.
        case machine
    }

    package var program: Program
    package var flags: [Flag]
    /// What stands without a flag, such as BentoML's service.
    package var operands: [ShellWord] = []
    package var reach = Reach.anyone
    /// Whether it runs in a container, as far as is known: its addresses are then its own.
    package var isContained = false
    package var place: Place

    package struct Flag: Sendable {
        /// Without the dashes.
        package var name: String
        /// `nil` if the flag stands alone.
        package var value: ShellWord?
        package var place: Place

        /// A flag that stands alone says `true`.
        package var isOn: Bool { value.map { !["false", "0", "no", "off"].contains($0.text.lowercased()) } ?? true }
    }

    package init(_ program: Program, flags: [Flag] = [], place: Place) {
        self.program = program
        self.flags = flags
        self.place = place
    }

    /// The last of a name, which is the one that counts.
    package func flag(_ name: String) -> Flag? { flags.last { $0.name == name } }

    package func all(_ name: String) -> [Flag] { flags.filter { $0.name == name } }

    /// - Parameter absent: what it means if there is no such flag.
    package func isOn(_ name: String, absent: Bool = false) -> Bool { flag(name)?.isOn ?? absent }

    package func text(_ name: String) -> String? { flag(name)?.value?.text }
}

extension ServerCommand {
    /// Buckler's own settings as its command line would say them.
    /// - Parameter settings: by the flags' names, without dashes; the last of a name counts.
    package init(settings: [(name: String, value: String)]) {
        self.init(.buckler, place: Place("settings"))
        for (name, value) in settings {
            let place = Place("--\(name)")
            flags.append(.init(name: name, value: ShellWord(value, at: place), place: place))
        }
    }

    /// A server's command, if it is one.
    package init?(_ command: ShellCommand) {
        guard let (program, start) = ServerCommand.program(command.words) else { return nil }
        self.init(program, place: command.words[start - 1].place)
        readFlags(command.words[start...])
        for assignment in command.assignments where program == .bento {
            // BentoML takes its port and host from the environment too.
            guard ["BENTOML_HOST", "BENTOML_PORT"].contains(assignment.name) else { continue }
            let name = assignment.name.dropFirst("BENTOML_".count).lowercased()
            if flag(name) == nil {
                flags.append(.init(name: name, value: assignment.value, place: assignment.value.place))
            }
        }
    }

    /// Programs that start another and have options of their own; the server is looked for among their words.
    private static let launchers: Set<String> = [
        "mpirun", "mpiexec", "numactl", "nsys", "taskset", "python", "python3", "poetry", "uv", "conda", "pipenv",
        "nvidia_entrypoint.sh", "catatonit", "chroot", "unshare", "systemd-run", "srun", "watch",
    ]

    /// - Returns: also the index of the first word that is the server's own.
    private static func program(_ words: [ShellWord]) -> (Program, Int)? {
        guard let first = words.first else { return nil }
        if let found = program(words, at: 0) { return found }
        guard launchers.contains(ShellCommand.baseName(first.text)) else { return nil }
        return words.indices.dropFirst().prefix(64).lazy.compactMap { program(words, at: $0) }.first
    }

    private static func program(_ words: [ShellWord], at index: Int) -> (Program, Int)? {
        let next = index + 1 < words.count ? words[index + 1].text : ""
        switch ShellCommand.baseName(words[index].text) {
        case "tritonserver", "trtserver": return (.triton, index + 1)
        case "buckler" where next == "serve": return (.buckler, index + 2)
        case "bentoml" where ["serve", "serve-http", "serve-grpc", "start-http-server"].contains(next):
            return (.bento, index + 2)
        default: return nil
        }
    }

    private static let shortNames: [Program: [String: String]] = [
        .bento: ["-p": "port", "-h": "host"],
        .triton: [:],
        .buckler: [:],
    ]

    private mutating func readFlags(_ words: ArraySlice<ShellWord>) {
        var index = words.startIndex
        while index < words.endIndex {
            let word = words[index]
            index += 1
            let short = ServerCommand.shortNames[program]?[word.text]
            guard word.text.hasPrefix("--") || short != nil, word.text != "--" else {
                operands.append(word)
                continue
            }
            if short == nil, let equals = word.text.firstIndex(of: "=") {
                var value = word
                value.text = String(word.text[word.text.index(after: equals)...])
                flags.append(.init(name: name(word.text[..<equals]), value: value, place: word.place))
            } else {
                var flag = Flag(name: short ?? name(word.text[...]), value: nil, place: word.place)
                if index < words.endIndex, !words[index].text.hasPrefix("-") || Int(words[index].text) != nil {
                    flag.value = words[index]
                    index += 1
                }
                flags.append(flag)
            }
        }
    }

    private func name(_ text: Substring) -> String {
        ServerFlags.name(text.dropFirst(2).lowercased(), of: program)
    }
}

// SPDX-License-Identifier: Apache-2.0

/// A Dockerfile.
package struct Dockerfile: Sendable {
    package var path: String
    /// Whether a template language stands in it, so that it is only a part of what is built.
    package var isTemplate = false
    /// `# escape=` and the like, by lower-case name.
    package var directives: [String: Located<String>] = [:]
    /// `ARG`s before the first `FROM`.
    package var globalArguments: [DockerInstruction] = []
    /// In the order of the text; at least one.
    package var stages: [DockerStage] = []

    /// What `ARG` and `ENV` have set at its end.
    var variables = ShellVariables()

    package init(path: String) { self.path = path }

    /// The stages that the built image is made of: the last, and before it those that it is `FROM`.
    package var finalStages: [DockerStage] {
        var chain: [DockerStage] = []
        var next = stages.indices.last
        while let index = next, stages.indices.contains(index) {
            chain.append(stages[index])
            // A stage is only ever made from one before it.
            next = stages[index].parent.flatMap { $0 < index ? $0 : nil }
        }
        return chain.reversed()
    }

    package var instructions: [DockerInstruction] { globalArguments + stages.flatMap(\.instructions) }

    /// What the built image has in the end of an instruction of which only the last counts.
    package func last(_ keyword: String) -> DockerInstruction? {
        finalStages.reversed().lazy.compactMap { $0.last(keyword) }.first
    }
}

/// What begins with a `FROM`.
package struct DockerStage: Sendable {
    /// Of `AS`, in lower case.
    package var name: String?
    /// The image, with arguments put in as far as they are known.
    package var image: Located<String>
    /// Whether ``image`` still has variables, whose values come with the build.
    package var isOpen: Bool
    /// The stage that it is made from, if that is none of another image.
    package var parent: Int?
    package var place: Place
    /// Without the `FROM`.
    package var instructions: [DockerInstruction] = []

    package func last(_ keyword: String) -> DockerInstruction? {
        instructions.last { $0.keyword == keyword && !$0.isOnBuild }
    }
}

/// An instruction with everything that belongs to it.
package struct DockerInstruction: Sendable {
    /// In upper case.
    package var keyword: String
    /// Whether it runs only when another image is made from this one.
    package var isOnBuild = false
    package var flags: [Flag] = []
    package var arguments: Arguments
    package var heredocs: [Heredoc] = []
    package var place: Place
    /// From 1, of the whole instruction.
    package var lines: Range<Int>

    /// `--name=value` behind the keyword.
    package struct Flag: Sendable {
        /// Without the dashes.
        package var name: String
        package var value: Located<String>?
    }

    package enum Arguments: Sendable {
        /// A JSON array of strings.
        case exec([ShellWord])
        /// Everything else.
        case text(SourceText)
    }

    package struct Heredoc: Sendable {
        package var name: String
        package var body: SourceText
    }

    package func flag(_ name: String) -> Flag? { flags.first { $0.name == name } }

    package var isExec: Bool { if case .exec = arguments { true } else { false } }

    /// Its words with the values of variables put in, if there are any; ``DockerfileReader`` knows them.
    var expandedWords: [ShellWord]?

    /// What a `RUN` runs, with the values of variables put in, or a script that is written out for the image;
    /// ``DockerfileReader`` knows them.
    var sequences: [[ShellCommand]] = []

    /// Words of an instruction that is no command: `COPY`, `USER`, `EXPOSE`.
    package var words: [ShellWord] {
        if let expandedWords { return expandedWords }
        return switch arguments {
        case .exec(let words): words
        case .text(let text): ShellReader.words(text)
        }
    }

    /// What `ENV`, `ARG` and `LABEL` set; an `ARG` may have no value.
    package var pairs: [(name: Located<String>, value: ShellWord?)] {
        let words = words
        if keyword == "ENV", let first = words.first, !first.text.contains("=") {
            // `ENV name all of this`
            return [(first.located, joined(words.dropFirst(), at: first.place))]
        }
        return words.map { word in
            guard let equals = word.text.firstIndex(of: "=") else { return (word.located, nil) }
            let name = word.text[..<equals]
            return (Located(String(name), at: word.place), word.dropping(name.utf8.count + 1))
        }
    }

    private func joined(_ words: ArraySlice<ShellWord>, at place: Place) -> ShellWord {
        var joined = words.first ?? ShellWord("", at: place)
        for word in words.dropFirst() {
            joined.text += " "
            joined.expansions += word.expansions.map { $0.moved(by: joined.text.utf8.count) }
            joined.text += word.text
            joined.isExpanded = joined.isExpanded || word.isExpanded
        }
        return joined
    }

    /// What `RUN`, `CMD`, `ENTRYPOINT` and `HEALTHCHECK` run.
    package var commands: [ShellCommand] {
        switch arguments {
        case .exec(let words): ShellCommand(words).map { [$0] } ?? []
        case .text(let text): shellCommands(text)
        }
    }

    /// Heredocs belong to the commands that read them. One without a command is a script for the shell, or for the program
    /// that its first line names.
    private func shellCommands(_ text: SourceText) -> [ShellCommand] {
        guard !heredocs.isEmpty else { return ShellReader.commands(text) }
        var whole = text
        let last = lines.upperBound - 1
        for heredoc in heredocs {
            whole.append("\n".unicodeScalars, line: last, column: 1)
            whole.append(heredoc.body)
            whole.append(heredoc.name.unicodeScalars, line: last, column: 1)
        }
        let commands = ShellReader.commands(whole)
        let bodies = commands.filter(\.words.isEmpty).flatMap(\.redirections).compactMap(\.body)
        let scripts = bodies.filter { ShellScriptText.program($0) == nil || ShellScriptText.isScript($0) }
        return commands + scripts.flatMap { ShellReader.commands($0) }
    }
}

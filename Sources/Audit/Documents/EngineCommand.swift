// SPDX-License-Identifier: Apache-2.0

/// A command of docker, podman, nerdctl, ctr or buildah, as far as to what it does.
struct EngineCommand {
    enum Verb {
        /// A container of its own: `run`, `create`.
        case run
        /// A command in a container that another says more of: `exec`, compose's `run`.
        case exec
        /// `service create`.
        case service
        /// `pod create`: what all its containers share.
        case pod
        /// `volume create`
        case volume
        case build
    }

    /// What stands before the verb, as in `docker --context d run`.
    var options: [EngineOption]
    /// `nil` for all that starts nothing.
    var verb: Verb?
    /// Of the verb, or of the program.
    var place: Place
    /// What stands behind the verb.
    var rest: ArraySlice<ShellWord>

    private static let programs: Set<String> = ["ctr", "docker", "nerdctl", "nvidia-docker", "podman", "podman-remote"]

    /// `nil` if the command is another program's.
    init?(_ command: ShellCommand) {
        let program = command.program
        let isCompose = ["docker-compose", "podman-compose"].contains(program)
        guard isCompose || program == "buildah" || Self.programs.contains(program) else { return nil }
        place = command.place
        rest = command.arguments.flatMap(Self.options)[...]
        options = (isCompose ? EngineOptions.compose : .global).take(from: &rest)
        verb = isCompose ? composeVerb() : takeVerb()
    }

    /// Options that stand as the default of a variable: `${OPTIONS:---rm --privileged}`.
    private static func options(_ word: ShellWord) -> [ShellWord] {
        guard word.isExpanded, word.text.hasPrefix("${"), word.located.interpolated.value.hasPrefix("-") else {
            return [word]
        }
        let options = word.located.interpolated
        return options.value.split(whereSeparator: \.isWhitespace).map { ShellWord(String($0), at: options.place) }
    }

    private mutating func takeVerb() -> Verb? {
        guard let word = takeWord() else { return nil }
        switch word {
        case "container", "containers", "c": return verb(of: takeWord() ?? "")
        case "image", "builder", "buildx": return ["b", "bake", "build"].contains(takeWord()) ? .build : nil
        case "service": return takeWord() == "create" ? .service : nil
        case "volume": return takeWord() == "create" ? .volume : nil
        case "pod": return takeWord() == "create" ? .pod : nil
        case "compose":
            options += EngineOptions.compose.take(from: &rest)
            return composeVerb()
        default: return verb(of: word)
        }
    }

    private func verb(of word: String) -> Verb? {
        switch word {
        case "run", "create": .run
        case "exec": .exec
        case "build", "bud": .build
        default: nil
        }
    }

    private mutating func composeVerb() -> Verb? {
        switch takeWord() {
        case "run", "exec": .exec
        case "build": .build
        default: nil
        }
    }

    private mutating func takeWord() -> String? {
        guard let word = rest.popFirst() else { return nil }
        place = word.place
        return word.text
    }
}

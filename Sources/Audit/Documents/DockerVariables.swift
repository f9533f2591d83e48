// SPDX-License-Identifier: Apache-2.0

/// What `ARG` and `ENV` have set where an instruction stands: what is built if nobody gives other arguments.
struct DockerVariables {
    private(set) var known = ShellVariables()
    /// What `ENV` has set, which no `ARG` changes, and which stages made from this one have too.
    private var environment = ShellVariables()
    private var environmentNames: Set<String> = []
    private var arguments = ShellVariables()
    private var stages: [(environment: ShellVariables, names: Set<String>)] = []
    /// Bytes that may yet be put in.
    private var room = 1 << 20

    /// Of more stages than anyone writes, values stay unknown in those that are made from the later ones.
    private static let stageLimit = 128

    /// - Parameter pairs: of an `ARG` before the first stage.
    mutating func takeGlobal(_ instruction: DockerInstruction) {
        for pair in instruction.pairs {
            guard let value = pair.value else { continue }
            arguments.set(pair.name.value, arguments.stored(value, room: &room).map { [$0] })
        }
    }

    /// What stands in a `FROM`.
    mutating func expandGlobal(_ word: ShellWord) -> ShellWord { arguments.text(word, room: &room) }

    /// - Parameter parent: of the stage that begins.
    mutating func beginStage(parent: Int?, isFirst: Bool) {
        if !isFirst, stages.count < Self.stageLimit { stages.append((environment, environmentNames)) }
        let inherited = parent.flatMap { stages.indices.contains($0) ? stages[$0] : nil }
        (environment, environmentNames) = inherited ?? (ShellVariables(), [])
        known = environment
    }

    mutating func take(_ instruction: DockerInstruction) {
        guard instruction.keyword == "ARG" || instruction.keyword == "ENV" else { return }
        let isEnvironment = instruction.keyword == "ENV"
        for pair in instruction.pairs {
            let name = pair.name.value
            guard isEnvironment || !environmentNames.contains(name) else { continue }
            // An `ARG` without a value takes that which it has before the first stage.
            guard let value = pair.value.map({ known.stored($0, room: &room) }) ?? arguments[name]?.first else {
                if pair.value != nil { known.set(name, nil) }
                continue
            }
            known.set(name, [value])
            guard isEnvironment else { continue }
            environmentNames.insert(name)
            environment.set(name, [value])
        }
    }

    mutating func expand(_ words: [ShellWord]) -> [ShellWord] { words.map { known.text($0, room: &room) } }
}

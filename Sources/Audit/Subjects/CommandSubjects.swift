// SPDX-License-Identifier: Apache-2.0

/// What sequences of commands stand for: themselves, the containers that they run and the servers that they start.
enum CommandSubjects {
    static func subjects(_ commands: [ShellCommand], origin: ShellScript.Origin) -> [Subject] {
        subjects(of: ShellScript(origin: origin, sequences: ShellReader.sequences(commands)))
    }

    static func subjects(of script: ShellScript) -> [Subject] {
        guard script.sequences.contains(where: { !$0.isEmpty }) else { return [] }
        var result: [Subject] = [.shellScript(script)] + written(script)
        for command in script.commands {
            result += KubectlReader.subjects(command)
            if let container = DockerRunReader.container(command) {
                result.append(.container(container))
                result += servers(of: container)
            } else if var server = ServerCommand(command) {
                server.isContained = script.origin == .container
                result.append(.serverCommand(server))
            }
        }
        return result
    }

    /// What a container runs, with who can reach it.
    static func subjects(of container: Container) -> [Subject] {
        let hooks = container.hooks.compactMap { ShellCommand($0) }.map { ShellReader.sequences([$0]) }
        let scripts = ([container.sequences] + hooks).filter { !$0.isEmpty }.map {
            ShellScript(origin: .container, sequences: $0)
        }
        return scripts.flatMap { [.shellScript($0)] + written($0) } + servers(of: container)
    }

    /// Files that commands have written out in them.
    private static func written(_ script: ShellScript) -> [Subject] {
        script.sequences.flatMap { sequence in
            sequence.indices.flatMap { WrittenText.all(of: sequence[...$0]).map(Subject.written) }
        }
    }

    private static func servers(of container: Container) -> [Subject] {
        container.sequences.joined().compactMap { command in
            guard var server = ServerCommand(command) else { return nil }
            server.reach = container.reach
            server.isContained = true
            return .serverCommand(server)
        }
    }
}

extension Container {
    /// What it runs: its command, and what is within that.
    var sequences: [[ShellCommand]] { ShellCommand(command).map { ShellReader.sequences([$0]) } ?? [] }

    /// Ports that are not published are for other containers only.
    fileprivate var reach: ServerCommand.Reach {
        guard origin == .compose || origin == .command, !hostNamespaces.contains(where: { $0.kind == .network }) else {
            return .anyone
        }
        let published = ports.filter { $0.hostPort != nil }
        if published.isEmpty { return .network }
        return published.allSatisfy(\.isLoopback) ? .machine : .anyone
    }
}

// SPDX-License-Identifier: Apache-2.0

/// What shells run because of a Dockerfile.
extension Dockerfile {
    /// First what the build runs, then what the image does: each as one script.
    package var scripts: [ShellScript] {
        var reading = BuildReading()
        reading.read(self)
        let started = [startCommands, last("HEALTHCHECK")?.commands ?? []]
        let later = finalStages.flatMap(\.instructions).filter { $0.isOnBuild && $0.startsContainer }.map(\.commands)
        let containers = (started + later).filter { !$0.isEmpty }.map { commands in
            var sequences = ShellSequences()
            var variables = reading.variables.known
            sequences.read(commands, &variables)
            return ShellScript(origin: .container, sequences: sequences.all)
        }
        return [reading.script] + containers
    }

    /// What the built image runs: `CMD` gives the arguments of an `ENTRYPOINT` that is no shell's command.
    private var startCommands: [ShellCommand] {
        guard let entry = last("ENTRYPOINT") else { return last("CMD")?.commands ?? [] }
        guard entry.isExec, let command = last("CMD"), command.isExec, var joined = entry.commands.first else {
            return entry.commands
        }
        joined.words += command.words
        return [joined]
    }
}

extension DockerInstruction {
    fileprivate var startsContainer: Bool { ["CMD", "ENTRYPOINT", "HEALTHCHECK"].contains(keyword) }
}

/// Reads what all stages run, each `RUN` with the variables that it has.
private struct BuildReading {
    var variables = DockerVariables()
    private var sequences = ShellSequences()
    private var directory: String?
    private var directories: [Int: String] = [:]
    private var added: [(path: String, address: ShellWord)] = []

    var script: ShellScript {
        var script = ShellScript(origin: .build, sequences: sequences.all)
        script.added = added
        script.directories = directories
        return script
    }

    mutating func read(_ file: Dockerfile) {
        for instruction in file.globalArguments { variables.takeGlobal(instruction) }
        for (index, stage) in file.stages.enumerated() {
            variables.beginStage(parent: stage.parent, isFirst: index == 0)
            directory = nil
            for instruction in stage.instructions { read(instruction) }
        }
    }

    private mutating func read(_ instruction: DockerInstruction) {
        variables.take(instruction)
        switch instruction.keyword {
        case "WORKDIR": directory = instruction.words.first?.text
        case "RUN":
            directories[sequences.all.count] = directory
            read(instruction.commands)
        case "ADD", "COPY":
            takeAdded(instruction)
            // A script that is written out in the Dockerfile: run in the image, if not by the build.
            let target = instruction.words.last?.text ?? ""
            for heredoc in instruction.heredocs {
                let isScript = [target, heredoc.name].contains(where: FileKinds.isShell)
                if isScript || ShellScriptText.isScript(heredoc.body) { read(ShellReader.commands(heredoc.body)) }
            }
        default: break
        }
    }

    private mutating func read(_ commands: [ShellCommand]) {
        var known = variables.known
        sequences.read(commands, &known)
    }

    private mutating func takeAdded(_ instruction: DockerInstruction) {
        guard instruction.keyword == "ADD", instruction.flag("checksum") == nil else { return }
        let words = instruction.words
        guard let target = words.last?.text else { return }
        for address in words.dropLast() where address.text.contains("://") && added.count < 1024 {
            let name = ShellCommand.baseName(String(address.text.prefix { $0 != "?" && $0 != "#" }))
            added.append((target == "." ? name : target.hasSuffix("/") ? target + name : target, address))
        }
    }
}

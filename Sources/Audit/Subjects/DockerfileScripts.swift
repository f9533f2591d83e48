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
            ShellScript(origin: .container, sequences: ShellReader.sequences(commands, variables))
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

/// Puts together what all stages run.
private struct BuildReading {
    private var sequences: [[ShellCommand]] = []
    private var directory: String?
    private var directories: [Int: String] = [:]
    private var added: [(path: String, address: ShellWord)] = []

    var script: ShellScript {
        var script = ShellScript(origin: .build, sequences: sequences)
        script.added = added
        script.directories = directories
        return script
    }

    mutating func read(_ file: Dockerfile) {
        for stage in file.stages {
            directory = nil
            for instruction in stage.instructions { read(instruction) }
        }
    }

    private mutating func read(_ instruction: DockerInstruction) {
        switch instruction.keyword {
        case "WORKDIR": directory = instruction.words.first?.text
        case "RUN":
            directories[sequences.count] = directory
        case "ADD", "COPY": takeAdded(instruction)
        default: break
        }
        sequences += instruction.sequences
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

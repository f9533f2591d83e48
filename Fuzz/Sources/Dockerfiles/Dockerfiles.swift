// SPDX-License-Identifier: Apache-2.0
import Audit

/// What libFuzzer calls: the input is a Dockerfile.
@_cdecl("LLVMFuzzerTestOneInput")
func readDockerfile(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    let lines = text.unicodeScalars.reduce(1) { $1 == "\n" ? $0 + 1 : $0 }
    let file: Dockerfile
    do throws(Unreadable) {
        file = try DockerfileReader.read(text, file: "Dockerfile")
    } catch {
        precondition(!error.message.isEmpty, "a fault says what is wrong")
        precondition(error.message.unicodeScalars.allSatisfy { $0 >= " " }, "a message with control characters")
        return 0
    }
    precondition(!file.stages.isEmpty, "a Dockerfile without a stage")
    precondition(file.finalStages.count <= file.stages.count, "more stages in the end than there are")
    var last = 0
    for instruction in file.instructions {
        precondition(instruction.lines.lowerBound > last, "an instruction before the one before it")
        precondition(instruction.lines.upperBound <= lines + 1, "an instruction beyond the last line")
        last = instruction.lines.upperBound - 1
        check(instruction, lines)
    }
    for command in file.scripts.flatMap(\.commands) {
        precondition(!command.words.isEmpty || !command.assignments.isEmpty || !command.redirections.isEmpty)
        for word in command.words {
            precondition(word.place.line.map { (1...lines).contains($0) } ?? false, "a word beyond the last line")
        }
    }
    return 0
}

private func check(_ instruction: DockerInstruction, _ lines: Int) {
    for word in instruction.words + instruction.commands.flatMap(\.words) {
        guard let line = word.place.line else { preconditionFailure("a word without a line") }
        precondition(instruction.lines.contains(line), "a word outside of its instruction")
    }
    precondition(instruction.pairs.count <= instruction.words.count, "more pairs than words")
    for heredoc in instruction.heredocs {
        precondition(!heredoc.name.isEmpty, "a heredoc without a name")
        precondition(heredoc.body.isEmpty || heredoc.body.scalars.last == "\n", "a heredoc that ends within a line")
    }
}

// SPDX-License-Identifier: Apache-2.0
import Audit

/// What libFuzzer calls: the input is a script.
@_cdecl("LLVMFuzzerTestOneInput")
func readScript(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    let source = SourceText(text, file: "run.sh")
    let lines = text.unicodeScalars.reduce(1) { $1 == "\n" ? $0 + 1 : $0 }
    let commands = ShellReader.commands(source)
    precondition(commands.count <= text.unicodeScalars.count, "more commands than scalars")
    for command in commands { check(command, lines, text) }
    for sequence in ShellReader.sequences(commands) {
        for command in sequence { check(command, lines, nil) }
    }
    precondition(ShellReader.words(source).count <= text.unicodeScalars.count, "more words than scalars")
    return 0
}

/// - Parameter text: of the file, where a word's scalars are no more than its length.
private func check(_ command: ShellCommand, _ lines: Int, _ text: String?) {
    precondition(
        !command.words.isEmpty || !command.assignments.isEmpty || !command.redirections.isEmpty,
        "a command without anything"
    )
    for word in command.words {
        guard let line = word.place.line else { preconditionFailure("a word without a line") }
        precondition((1...lines).contains(line), "a word beyond the last line")
        precondition((word.place.column ?? 1) >= 1, "a column before the first")
        if text != nil, let length = word.place.length {
            precondition(word.text.unicodeScalars.count <= length, "a word of more than is written")
        }
    }
}

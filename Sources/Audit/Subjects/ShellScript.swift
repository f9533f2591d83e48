// SPDX-License-Identifier: Apache-2.0

/// Commands of a shell, wherever they are written.
package struct ShellScript: Sendable {
    package enum Origin: Sendable, Equatable {
        case script
        /// `RUN`: what happens while an image is built.
        case build
        /// What a container runs.
        case container
    }

    package var origin: Origin
    /// Sequences as ``ShellReader/sequences(_:)-swift.type.method`` has them.
    package var sequences: [[ShellCommand]]
    /// By the index of a sequence, the directory in which it begins, where that is known.
    package var directories: [Int: String] = [:]
    /// Files that `ADD` has loaded, without a checksum, into the image in which the commands are run.
    package var added: [(path: String, address: ShellWord)] = []

    package init(origin: Origin, sequences: [[ShellCommand]]) {
        self.origin = origin
        self.sequences = sequences
    }

    package var commands: some Sequence<ShellCommand> { sequences.joined() }
}

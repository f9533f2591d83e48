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
    /// Whether the shell that runs them fails a pipe when any of its commands fails, before they say so.
    package var hasPipefail = false

    package init(origin: Origin, sequences: [[ShellCommand]], hasPipefail: Bool = false) {
        self.origin = origin
        self.sequences = sequences
        self.hasPipefail = hasPipefail
    }

    package var commands: some Sequence<ShellCommand> { sequences.joined() }
}

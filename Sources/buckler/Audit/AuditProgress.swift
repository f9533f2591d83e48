// SPDX-License-Identifier: Apache-2.0

/// How far a long audit is, on a terminal; a short one says nothing.
struct AuditProgress {
    private let terminal = Terminal.error
    private var next = ContinuousClock.now + .seconds(1)
    private var isShown = false

    mutating func show(_ read: Int, of all: Int) {
        let now = ContinuousClock.now
        guard now >= next, terminal.isInteractive else { return }
        terminal.sameLine(terminal.styled("==> ", .bold) + "\(read) of \(all) files and directories")
        next = now + .milliseconds(100)
        isShown = true
    }

    /// Leaves the line to the report.
    mutating func end() {
        if isShown { terminal.sameLine("") }
        isShown = false
    }
}

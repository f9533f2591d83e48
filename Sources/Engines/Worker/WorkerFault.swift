// SPDX-License-Identifier: Apache-2.0

/// What a worker did that the protocol does not allow: the end of it. The text is for the log.
struct WorkerFault: Error, Equatable {
    var text: String
    /// Whether all that is wrong is how long it took.
    var isTimeout = false

    init(_ text: String) { self.text = text }

    static func timeout(_ text: String) -> WorkerFault {
        var fault = WorkerFault(text)
        fault.isTimeout = true
        return fault
    }
}

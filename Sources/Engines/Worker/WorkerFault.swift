// SPDX-License-Identifier: Apache-2.0

/// What a worker did that the protocol does not allow: the end of it. The text is for the log.
struct WorkerFault: Error, Equatable {
    var text: String

    init(_ text: String) { self.text = text }
}

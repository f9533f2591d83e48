// SPDX-License-Identifier: Apache-2.0

/// What of a request is recorded.
package struct TraceLevel: OptionSet, Sendable, Equatable {
    package var rawValue: UInt8
    package static let timestamps = TraceLevel(rawValue: 1)
    package static let tensors = TraceLevel(rawValue: 2)

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// As the settings have it.
    var names: [String] {
        if isEmpty { return ["OFF"] }
        return (contains(.timestamps) ? ["TIMESTAMPS"] : []) + (contains(.tensors) ? ["TENSORS"] : [])
    }
}

/// What can be set for the server and for each model.
package struct TraceValues: Sendable, Equatable {
    package var level: TraceLevel = []
    /// One request in so many is traced; 0: none.
    package var rate: UInt32 = 1000
    /// Requests still to be traced; -1: without end.
    package var count: Int32 = -1
    /// Traces that go into one file with a number; 0: all into the file itself.
    package var logFrequency: UInt32 = 0

    package init() {}
}

/// What `--trace-config` says.
package struct TraceConfiguration: Sendable, Equatable {
    package var values = TraceValues()
    /// Empty: there is none, and nothing is traced whatever the level.
    package var file = ""

    package init() {}
}

/// What traces may hold. Requests that are traced must never be held up, so what exceeds this is left out and counted.
package struct TraceLimits: Sendable, Equatable {
    /// Traces that wait to be written.
    package var pendingTraces = 4096
    /// Bytes of tensors in them, and of text that waits for its file.
    package var pendingBytes = 64 << 20
    /// Bytes of one tensor; of a larger one all but its elements is recorded.
    package var tensorBytes = 16 << 20
    /// Entries of one trace.
    package var entries = 4096
    /// Models with settings of their own.
    package var models = 4096
    /// Bytes of all files that one server writes.
    package var fileBytes = 1 << 30
    /// Files that one server writes: the one without a number, and those with one.
    package var files = 4096

    package init() {}
}

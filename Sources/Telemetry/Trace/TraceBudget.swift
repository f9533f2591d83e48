// SPDX-License-Identifier: Apache-2.0

/// What the trace files of a server may hold together. From the first text that does not fit on, nothing is written:
/// traces that end at one place are easier to read than traces with holes.
struct TraceBudget {
    private let byteLimit: Int
    private let fileLimit: Int
    private var bytes = 0
    private var files = 0
    private var hasFile = false
    private(set) var isSpent = false

    init(bytes: Int, files: Int) {
        byteLimit = bytes
        fileLimit = files
    }

    /// - Returns: whether `action` may be carried out; its bytes and files are counted then.
    mutating func allows(_ action: TraceSpool.Action) -> Bool {
        guard !isSpent else { return false }
        let needed: (bytes: Int, files: Int)
        switch action {
        case .append(let text, _):
            // A comma, or both brackets of the array.
            needed = (text.utf8.count + (hasFile ? 1 : 2), hasFile ? 0 : 1)
        case .writeNumbered(let text, _): needed = (text.utf8.count + 2, 1)
        }
        isSpent = needed.bytes > byteLimit - bytes || needed.files > fileLimit - files
        guard !isSpent else { return false }
        bytes += needed.bytes
        files += needed.files
        if case .append = action { hasFile = true }
        return true
    }
}

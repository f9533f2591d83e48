// SPDX-License-Identifier: Apache-2.0

/// How the ledger is kept.
package struct LedgerSettings: Sendable, Equatable {
    package enum FailurePolicy: String, Sendable, CaseIterable {
        /// What cannot be recorded is not done: requests are answered with `unavailable`.
        case refuse
        /// Requests go on; the ledger says afterwards how many lines it misses.
        case proceed = "continue"
    }

    /// Where its files are; made if it is not there.
    package var directory: String
    package var allowed = LedgerPolicy.Allowed.all
    package var denials = DenialLimits()
    package var onFailure = FailurePolicy.refuse
    /// A checkpoint comes after so many lines, or so many seconds after the first of them.
    package var checkpointLines = 16_384
    package var checkpointSeconds = 10.0
    /// Bytes of lines that may wait to be written.
    package var pendingBytes = 8 << 20
    /// Bytes that all files together may have.
    package var quotaBytes = 1 << 30
    /// Bytes that the ledger leaves free on its file system for others.
    package var reservedBytes = 64 << 20
    /// Bytes after which a new file begins.
    package var rotationBytes = 64 << 20
    /// Requests that may be at work at once, each of which was promised a line.
    package var requestsInFlight = 1024
    /// Files that nothing was added to for so long may be removed when the quota is used up; `.max`: none ever.
    package var retainSeconds = Int64.max

    package init(directory: String) { self.directory = directory }

    /// Bytes after which a new file really begins: with one file for all of the quota there is none that could give way.
    var fileBytes: Int { min(rotationBytes, quotaBytes / 4) }

    /// Bytes that are not promised to new requests, since others wait to be answered.
    var keptForRequests: Int {
        guard onFailure == .refuse else { return 0 }
        return min(min(requestsInFlight, 4096) * Self.longLineBytes, quotaBytes / 2)
    }

    /// Bytes that are not promised to anyone: it must be able to say that it is full, and how much it missed, and to
    /// sign that.
    var keptForItself: Int { min(64 << 10, quotaBytes / 8) }

    /// What a caller can make of a line: a request id of 256 letters that are two each when printed, and long names.
    private static let longLineBytes = 1536
}

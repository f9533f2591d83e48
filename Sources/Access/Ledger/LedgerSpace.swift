// SPDX-License-Identifier: Apache-2.0
package import Inference

/// How much the ledger may still write, and what may go to make room. Pure: told of files and of the file system.
package struct LedgerSpace: Sendable, Equatable {
    package struct File: Sendable, Equatable {
        package var name: String
        package var bytes: Int
        /// Seconds since 1970 when it was last added to.
        package var modified: Int64

        package init(name: String, bytes: Int, modified: Int64) {
            self.name = name
            self.bytes = bytes
            self.modified = modified
        }
    }

    package enum Verdict: Sendable, Equatable {
        case write
        /// Remove this file, then ask again.
        case remove(String)
        case refuse(String)
    }

    private let quota: Int
    private let reserved: Int
    private let retainSeconds: Int64
    private let kept: Int
    /// Oldest first, without the one that is written to.
    private var closed: [File] = []
    private var current = 0

    /// - Parameter kept: bytes that are not promised.
    package init(quota: Int, reserved: Int, retainSeconds: Int64, kept: Int = 0) {
        self.kept = kept
        self.quota = max(0, quota)
        self.reserved = max(0, reserved)
        self.retainSeconds = retainSeconds
    }

    /// As the directory has them; whoever keeps the ledger may move old files away.
    package mutating func filesListed(closed: [File], current: Int) {
        self.closed = closed
        self.current = current
    }

    package mutating func wrote(_ bytes: Int) { current += bytes }

    package var used: Int { closed.reduce(current) { $0 + $1.bytes } }

    /// - Parameter freeBytes: of the file system, as far as this process may use them.
    package func verdict(adding bytes: Int, freeBytes: Int, now: WallClockTime) -> Verdict {
        let isOverQuota = bytes > quota - min(quota, used)
        let isDiskFull = bytes > freeBytes - min(freeBytes, reserved)
        guard isOverQuota || isDiskFull else { return .write }
        // That others have filled the disk is no reason to forget, unless it was said how long is long enough.
        let mayForget = isOverQuota || retainSeconds > 0
        if mayForget, let oldest = removable(now: now) { return .remove(oldest.name) }
        return .refuse(isOverQuota ? Self.quotaUsedUp : Self.diskFull)
    }

    /// Bytes of lines that may still be promised; none if it is not positive.
    package func room(freeBytes: Int, now: WallClockTime) -> Int {
        let removable = closed.prefix { isOld($0, now: now) }.reduce(0) { $0 + $1.bytes }
        let ofQuota = quota - min(quota, used - removable)
        let ofDisk = freeBytes - min(freeBytes, reserved)
        let (withRemoved, overflow) = ofDisk.addingReportingOverflow(retainSeconds > 0 ? removable : 0)
        return min(ofQuota, overflow ? .max : withRemoved) - kept
    }

    /// Why there is none.
    package func shortage(freeBytes: Int) -> String {
        quota - min(quota, used) <= freeBytes - min(freeBytes, reserved) ? Self.quotaUsedUp : Self.diskFull
    }

    private static let quotaUsedUp = "the ledger's quota is used up"
    private static let diskFull = "the ledger's file system is full"

    /// Whether floods should leave what is left to others.
    package func isShort(now: WallClockTime) -> Bool { used > quota / 4 * 3 && removable(now: now) == nil }

    private func removable(now: WallClockTime) -> File? {
        closed.first.flatMap { isOld($0, now: now) ? $0 : nil }
    }

    private func isOld(_ file: File, now: WallClockTime) -> Bool {
        // The file system's clock may be ahead of a time that was read before the file was written.
        max(0, now.second - file.modified) >= retainSeconds
    }
}

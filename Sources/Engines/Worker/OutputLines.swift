// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// Cuts what a worker prints into lines for the log, and lets through no more than a log can bear.
struct OutputLines {
    static let lineBytes = 4096
    /// Lines that may come at once, and as many each second after that.
    static let burst = 200
    static let linesPerSecond = 50
    /// What a crash report repeats.
    static let lastLineCount = 5

    private var partial: [UInt8] = []
    private var isCut = false
    private var allowance = Self.burst
    private var refilled: MonotonicTime?
    private(set) var dropped = 0
    private(set) var last: [String] = []

    /// - Returns: lines to log now, among them one that tells how many were dropped before.
    mutating func printed(_ bytes: some Sequence<UInt8>, at now: MonotonicTime) -> [String] {
        refill(at: now)
        var lines: [String] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                endLine(&lines)
            } else if partial.count < Self.lineBytes {
                partial.append(byte)
            } else {
                isCut = true
            }
        }
        return lines
    }

    /// What is left without an end of line.
    mutating func ended() -> [String] {
        var lines: [String] = []
        if !partial.isEmpty { endLine(&lines) }
        if dropped > 0 { lines.append(takeDropped()) }
        return lines
    }

    private mutating func refill(at now: MonotonicTime) {
        let elapsed = now.nanoseconds(since: refilled ?? now)
        let earned = min(elapsed / (1_000_000_000 / UInt64(Self.linesPerSecond)), UInt64(Self.burst))
        guard refilled == nil || earned > 0 else { return }
        refilled = now
        allowance = min(allowance + Int(earned), Self.burst)
    }

    private mutating func endLine(_ lines: inout [String]) {
        defer {
            partial.removeAll(keepingCapacity: true)
            isCut = false
        }
        let line = Self.text(partial) + (isCut ? "…" : "")
        last.append(line)
        if last.count > Self.lastLineCount { last.removeFirst() }
        guard allowance > 0 else {
            dropped += 1
            return
        }
        if dropped > 0 { lines.append(takeDropped()) }
        allowance -= 1
        lines.append(line)
    }

    private mutating func takeDropped() -> String {
        defer { dropped = 0 }
        return "(\(dropped) lines were left out: it prints too many)"
    }

    /// Nothing that a terminal would obey.
    private static func text(_ bytes: [UInt8]) -> String {
        let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars.map { scalar -> Unicode.Scalar in
            scalar.properties.generalCategory == .control ? (scalar == "\t" ? "\t" : " ") : scalar
        }
        var line = String.UnicodeScalarView()
        line.append(contentsOf: scalars)
        return String(line)
    }
}

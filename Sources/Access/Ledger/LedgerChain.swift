// SPDX-License-Identifier: Apache-2.0
private import Crypto

/// A SHA-256 over everything in the ledger up to some line.
package struct LedgerHash: Sendable, Hashable {
    private var bytes: SIMD32<UInt8>

    /// What the first line of a ledger is chained to.
    package static let zero = LedgerHash(bytes: .zero)

    private init(bytes: SIMD32<UInt8>) { self.bytes = bytes }

    package init?(hexadecimal text: some Collection<UInt8>) {
        guard let decoded = LedgerHexadecimal.bytes(text), decoded.count == 32 else { return nil }
        bytes = SIMD32(decoded)
    }

    /// 64 lower-case digits.
    package var hexadecimal: String { withUnsafeBytes { LedgerHexadecimal.text($0) } }

    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        Swift.withUnsafeBytes(of: bytes, body)
    }

    /// The hash of a ledger that has one more line.
    /// - Parameter line: the line's bytes before its chain field.
    func extended(by line: UnsafeRawBufferPointer) -> LedgerHash {
        var hash = SHA256()
        withUnsafeBytes { hash.update(bufferPointer: $0) }
        hash.update(bufferPointer: line)
        return hash.finalize().withUnsafeBytes { LedgerHash(bytes: $0.loadUnaligned(as: SIMD32<UInt8>.self)) }
    }
}

/// Numbers lines and chains each to all before it: h(i) = SHA-256(h(i-1), bytes of line i before its chain field).
///
/// A line shows half of its hash. That is enough to find the line that was changed, since 128 bits cannot be met by
/// trying; what a checkpoint signs, and what is carried from line to line, is the whole. It saves 32 bytes of each line.
package struct LedgerChain: Sendable, Equatable {
    /// Bytes that chaining adds to a line's content, at most.
    static let overhead = 8 + 20 + LedgerLine.tailCount + 1
    /// Bytes of the hash that a line shows.
    static let shownBytes = 16

    /// The number of the line to come; the first is 1.
    package private(set) var next: UInt64
    /// Of the last line.
    package private(set) var hash: LedgerHash

    package init(next: UInt64 = 1, hash: LedgerHash = .zero) {
        self.next = next
        self.hash = hash
    }

    /// Appends a whole line, its line break included.
    /// - Parameter content: as ``LedgerLinePrinter`` prints it.
    mutating func seal(_ content: UnsafeRawBufferPointer, into buffer: inout LedgerBuffer) {
        let start = buffer.count
        buffer.append("{\"seq\":")
        buffer.append(next)
        buffer.append(UInt8(ascii: ","))
        buffer.append(content)
        hash = hash.extended(by: UnsafeRawBufferPointer(rebasing: buffer.bytes[start...]))
        next += 1
        buffer.append(",\"chain\":\"")
        hash.withUnsafeBytes {
            buffer.appendHexadecimal(UnsafeRawBufferPointer(rebasing: $0[..<Self.shownBytes]))
        }
        buffer.append("\"}\n")
    }
}

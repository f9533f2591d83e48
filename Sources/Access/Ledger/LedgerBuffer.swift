// SPDX-License-Identifier: Apache-2.0

/// Bytes on their way to the ledger's file. The memory is kept when it is emptied, so that printing a line allocates
/// nothing.
package struct LedgerBuffer: ~Copyable, @unchecked Sendable {
    // SAFETY: the memory belongs to this value alone, which cannot be copied and whose changes are exclusive. Every
    // write goes through `reserve`, so that none passes `capacity`.
    private var start: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    package private(set) var count = 0

    package init(capacity: Int) {
        self.capacity = max(64, capacity)
        start = .allocate(capacity: self.capacity)
    }

    deinit { start.deallocate() }

    package var isEmpty: Bool { count == 0 }

    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

    package var array: [UInt8] { Array(bytes) }

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    package mutating func removeAll() { count = 0 }

    @inline(__always)
    mutating func reserve(_ extra: Int) {
        if capacity - count < extra { grow(extra) }
    }

    @inline(never)
    private mutating func grow(_ extra: Int) {
        let wider = max(capacity * 2, count + extra)
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: wider)
        memory.update(from: start, count: count)
        start.deallocate()
        start = memory
        capacity = wider
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        reserve(1)
        start[count] = byte
        count += 1
    }

    @inline(__always)
    mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        reserve(bytes.count)
        UnsafeMutableRawPointer(start + count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }

    mutating func append(_ number: UInt64) {
        reserve(20)
        var digits = 1
        var rest = number
        while rest >= 10 {
            rest /= 10
            digits += 1
        }
        put(number, digits: digits)
    }

    mutating func append(_ number: Int64) {
        if number < 0 { append(UInt8(ascii: "-")) }
        append(number.magnitude)
    }

    /// The last `width` digits.
    mutating func appendPadded(_ number: UInt64, width: Int) {
        reserve(width)
        put(number, digits: width)
    }

    @inline(__always)
    private mutating func put(_ number: UInt64, digits: Int) {
        var rest = number
        var at = count + digits
        while at > count {
            at -= 1
            start[at] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        count += digits
    }

    mutating func appendHexadecimal(_ bytes: UnsafeRawBufferPointer) {
        reserve(bytes.count * 2)
        for byte in bytes {
            start[count] = Self.digit(byte >> 4)
            start[count + 1] = Self.digit(byte & 15)
            count += 2
        }
    }

    @inline(__always)
    static func digit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }

    /// As many of the first bytes as need no escape within a JSON string.
    /// - Returns: how many were taken.
    @inline(__always)
    mutating func appendPlain(_ bytes: UnsafeBufferPointer<UInt8>, limit: Int) -> Int {
        reserve(limit)
        let target = start + count
        var taken = 0
        while taken < limit {
            let byte = bytes[taken]
            guard byte >= 0x20, byte < 0x7f, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") else { break }
            target[taken] = byte
            taken += 1
        }
        count += taken
        return taken
    }

    /// Puts a number of four bytes where one was left room for.
    mutating func patch(_ number: UInt32, at offset: Int) {
        precondition(offset >= 0 && offset + 4 <= count, "a patch outside of the buffer")
        withUnsafeBytes(of: number.littleEndian) {
            UnsafeMutableRawPointer(start + offset).copyMemory(from: $0.baseAddress!, byteCount: 4)
        }
    }
}

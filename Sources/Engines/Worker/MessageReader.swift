// SPDX-License-Identifier: Apache-2.0

/// Reads what a worker sent from front to back and never beyond its end. Little endian.
struct MessageReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var remaining: Int { bytes.count - offset }

    mutating func number<Number: FixedWidthInteger>(
        _ type: Number.Type,
        _ what: StaticString
    ) throws(WorkerFault) -> Number {
        let size = MemoryLayout<Number>.size
        guard remaining >= size else { throw WorkerFault("a message ends within \(what)") }
        defer { offset += size }
        return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }

    mutating func number<Number: FixedWidthInteger>(_ what: StaticString) throws(WorkerFault) -> Number {
        try number(Number.self, what)
    }

    /// A text of `count` bytes and what pads it to a multiple of 8.
    mutating func paddedText(_ count: Int, _ what: StaticString) throws(WorkerFault) -> String {
        let text = try text(count, what)
        let padding = WorkerProtocol.padded(count) - count
        guard remaining >= padding else { throw WorkerFault("a message ends within the padding of \(what)") }
        offset += padding
        return text
    }

    /// The same, of no more than `limit` bytes.
    mutating func paddedText(_ count: UInt32, limit: Int, _ what: StaticString) throws(WorkerFault) -> String {
        guard count <= limit else { throw WorkerFault("\(what) has \(count) bytes, at most \(limit) are allowed") }
        return try paddedText(Int(count), what)
    }

    mutating func text(_ count: Int, _ what: StaticString) throws(WorkerFault) -> String {
        guard count >= 0, remaining >= count else { throw WorkerFault("a message ends within \(what)") }
        let part = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
        guard let text = String(validating: part, as: UTF8.self) else { throw WorkerFault("\(what) is no UTF-8") }
        offset += count
        return text
    }

    func end() throws(WorkerFault) {
        guard remaining == 0 else { throw WorkerFault("a message has \(remaining) bytes too many") }
    }
}

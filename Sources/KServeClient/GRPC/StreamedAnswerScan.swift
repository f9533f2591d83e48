// SPDX-License-Identifier: Apache-2.0
package import NIOCore

/// What a load generator must know of a `ModelStreamInferResponse`, found without reading the rest.
package struct StreamedAnswerScan: Sendable, Equatable {
    package var isError = false
    /// Whether the request will get no other answer. True where the server says nothing of it.
    package var isFinal = true
    /// An answer without outputs says only that it is the last.
    package var hasOutputs = false

    /// - Returns: `nil` if the bytes are no such message.
    package init?(_ message: ByteBuffer) {
        let scan = message.withUnsafeReadableBytes { bytes -> StreamedAnswerScan? in
            var scan = StreamedAnswerScan()
            return scan.read(bytes) ? scan : nil
        }
        guard let scan else { return nil }
        self = scan
    }

    private init() {}

    private mutating func read(_ message: UnsafeRawBufferPointer) -> Bool {
        var cursor = WireCursor(bytes: message)
        while let field = cursor.next() {
            switch field.number {
            case 1: isError = isError || !field.content.isEmpty
            case 2: guard readResponse(field.content) else { return false }
            default: break
            }
        }
        return cursor.isAtEnd
    }

    private mutating func readResponse(_ message: UnsafeRawBufferPointer) -> Bool {
        var cursor = WireCursor(bytes: message)
        while let field = cursor.next() {
            switch field.number {
            case 4: readParameter(field.content)
            case 5: hasOutputs = true
            default: break
            }
        }
        return cursor.isAtEnd
    }

    private mutating func readParameter(_ entry: UnsafeRawBufferPointer) {
        var isFinality = false
        var value = UnsafeRawBufferPointer(start: nil, count: 0)
        var cursor = WireCursor(bytes: entry)
        while let field = cursor.next() {
            if field.number == 1 { isFinality = Self.finalParameter.elementsEqual(field.content) }
            if field.number == 2 { value = field.content }
        }
        guard isFinality else { return }
        isFinal = false
        var inner = WireCursor(bytes: value)
        while let field = inner.next() {
            if field.number == 1 { isFinal = field.varint != 0 }
        }
    }

    private static let finalParameter = Array(InferenceStream.finalParameter.utf8)
}

/// Walks the fields of a message in place.
private struct WireCursor {
    struct Field {
        var number: UInt64
        var varint: UInt64 = 0
        var content = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    // SAFETY: no cursor outlives the closure that lent it these bytes, and nothing outside of them is read.
    let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var isBroken = false

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { !isBroken && position == bytes.count }

    /// - Returns: `nil` at the end, and where the bytes are no field.
    mutating func next() -> Field? {
        guard position < bytes.count, let tag = varint() else { return nil }
        var field = Field(number: tag >> 3)
        switch tag & 7 {
        case 0:
            guard let value = varint() else { return nil }
            field.varint = value
        case 1: guard skip(8) else { return nil }
        case 2:
            guard let length = varint(), let count = Int(exactly: length) else { return broken() }
            let start = position
            guard skip(count) else { return nil }
            field.content = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
        case 5: guard skip(4) else { return nil }
        default: return broken()
        }
        return field
    }

    private mutating func broken() -> Field? {
        isBroken = true
        return nil
    }

    private mutating func skip(_ count: Int) -> Bool {
        guard count <= bytes.count - position else {
            isBroken = true
            return false
        }
        position += count
        return true
    }

    private mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < bytes.count, shift < 70 {
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        isBroken = true
        return nil
    }
}

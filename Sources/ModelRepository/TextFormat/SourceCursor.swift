// SPDX-License-Identifier: Apache-2.0

/// Bytes with a place in them: the ground under the text format's and the JSON reader.
struct SourceCursor {
    private let bytes: [UInt8]
    private(set) var offset = 0
    private(set) var position = SourcePosition(line: 1, column: 1)

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The byte at the cursor; `nil` at the end.
    var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    func byte(ahead distance: Int) -> UInt8? {
        offset + distance < bytes.count ? bytes[offset + distance] : nil
    }

    mutating func advance() {
        let byte = bytes[offset]
        offset += 1
        if byte == UInt8(ascii: "\n") {
            position = SourcePosition(line: position.line + 1, column: 1)
        } else if byte & 0xC0 != 0x80 {
            position.column += 1
        }
    }

    mutating func advance(while condition: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        let start = offset
        while let byte = current, condition(byte) { advance() }
        return bytes[start..<offset]
    }

    /// Moves on without moving the position: a byte order mark takes no column.
    mutating func skipUncounted(_ count: Int) { offset += count }

    func slice(from start: Int) -> ArraySlice<UInt8> { bytes[start..<offset] }
}

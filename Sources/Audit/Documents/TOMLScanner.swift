// SPDX-License-Identifier: Apache-2.0

/// A TOML text, a cursor in it and the cursor's place: what the parts of ``TOMLReader`` read from. Whatever is asked
/// at its end is answered by `nil` or `false`.
struct TOMLScanner {
    private let bytes: [UInt8]
    private let file: String
    private var offset = 0
    private var line = 1
    private var column = 1

    init(_ text: String, file: String) {
        bytes = Array(text.utf8)
        self.file = file
        // A mark of the byte order, which editors of Windows leave, takes no column.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
    }

    /// The byte at the cursor; `nil` at the end.
    var current: UInt8? { byte(ahead: 0) }

    func byte(ahead distance: Int) -> UInt8? {
        distance < bytes.count - offset ? bytes[offset + distance] : nil
    }

    var place: Place { Place(file, line: line, column: column) }

    mutating func advance(by count: Int = 1) {
        for byte in bytes[offset...].prefix(count) {
            offset += 1
            if byte == UInt8(ascii: "\n") {
                (line, column) = (line + 1, 1)
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        advance()
        return true
    }

    mutating func take(while condition: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        let taken = bytes[offset...].prefix(while: condition)
        advance(by: taken.count)
        return taken
    }

    /// How often `byte` stands from the cursor on, counted up to `limit`.
    func run(of byte: UInt8, upTo limit: Int) -> Int {
        bytes[offset...].prefix(limit).prefix { $0 == byte }.count
    }

    // MARK: Lines

    /// How many bytes the end of a line, `distance` bytes ahead, has; 0 if there is none. A carriage return ends no
    /// line by itself.
    func lineEnd(ahead distance: Int = 0) -> Int {
        switch byte(ahead: distance) {
        case UInt8(ascii: "\n"): 1
        case UInt8(ascii: "\r") where byte(ahead: distance + 1) == UInt8(ascii: "\n"): 2
        default: 0
        }
    }

    mutating func takeLineEnd() -> Bool {
        let count = lineEnd()
        advance(by: count)
        return count > 0
    }

    mutating func skipBlanks() { _ = take(while: Self.isBlank) }

    /// Skips blanks, comments and ends of lines.
    mutating func skipLines() throws(Unreadable) {
        repeat {
            skipBlanks()
            try skipComment()
        } while takeLineEnd()
    }

    /// Skips what may follow a statement on its line, and the end of the line.
    mutating func finishLine(after part: String) throws(Unreadable) {
        skipBlanks()
        try skipComment()
        guard takeLineEnd() || current == nil else { throw error("\(found) stands behind \(part)") }
    }

    private mutating func skipComment() throws(Unreadable) {
        guard current == UInt8(ascii: "#") else { return }
        _ = take { !Self.isControl($0) }
        guard lineEnd() > 0 || current == nil else { throw error("a comment has \(found)") }
    }

    // MARK: Kinds of bytes

    static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    /// What may stand neither in a comment nor in a string: all controls but the tab.
    static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 && byte != UInt8(ascii: "\t") || byte == 0x7F }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    static func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z") }

    // MARK: Errors

    /// - Parameter place: the cursor's, unless it is given.
    func error(_ problem: String, at place: Place? = nil) -> Unreadable {
        Unreadable(place ?? self.place, "the file is not TOML: \(problem)")
    }

    /// What is at the cursor, in the words of an error.
    var found: String {
        guard let byte = current else { return "the end of the file" }
        if lineEnd() > 0 { return "the end of the line" }
        if byte < 0x20 || byte == 0x7F {
            return "the control character U+00" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
        let character = bytes[offset...].prefix(1) + bytes[offset...].dropFirst().prefix(3).prefix { $0 & 0xC0 == 0x80 }
        return Printed.quoted(String(decoding: character, as: UTF8.self))
    }
}

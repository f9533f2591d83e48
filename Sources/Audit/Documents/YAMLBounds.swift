// SPDX-License-Identifier: Apache-2.0

/// What a YAML text would cost the library beyond its length, told from its bytes alone.
struct YAMLBounds {
    /// Each `%TAG` is compared with all before it.
    private static let tagDirectives = 100
    /// Explicit keys, which may hold each other, times the bytes that each of them may hold: keys are hashed with all
    /// that is in them.
    private static let hashedBytes = 64 << 20

    static func check(_ text: String, file: String) throws(Unreadable) {
        let bytes = Array(text.utf8)
        let directive = Array("%TAG".utf8)
        var (tags, keys, previous) = (0, 0, UInt8(ascii: "\n"))
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "%"), bytes[index...].starts(with: directive) { tags += 1 }
            if byte == UInt8(ascii: "?"), canEndToken(previous) { keys += 1 }
            previous = byte
        }
        guard tags <= tagDirectives else {
            throw Unreadable(Place(file), "the file has more than \(tagDirectives) '%TAG'")
        }
        guard keys <= hashedBytes / max(bytes.count, 1) else {
            throw Unreadable(Place(file), "the file has \(keys) explicit keys ('?'), too many for its size")
        }
    }

    /// Within words, a question mark is no key.
    private static func canEndToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0...0x20, 0x7F...: true
        default: "[]{},:?\"'".utf8.contains(byte)
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
private import Inference

/// An API key as its owner has it: `bkl_<id>_<secret><checksum>`, 66 characters that a double click selects together.
///
/// - id: 12 characters of base32; see ``KeyID``.
/// - secret: 43 characters of base62, each drawn on its own: 256 bits.
/// - checksum: the CRC-32 of all before it, as 6 digits of base62. It keeps nobody out: it tells a mistyped key from a
///   wrong one, and lets a scanner for leaked secrets be sure of what it has found.
///
/// There is one text for each key: no other case, padding or digits. It is 66 bytes in place, without an allocation.
package struct KeyText: Sendable, CustomStringConvertible {
    package static let length = 66
    package static let prefix = SecretText.keyPrefix
    /// What the checksum is made of, and the digest that is kept of a key.
    static let bodyLength = 60
    private static let idRange = 4..<16
    private static let secretRange = 17..<60
    private static let checksumLength = 6
    private static let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
    /// Has bits that no digit's value has.
    private static let noDigit: UInt8 = 0xff
    /// What each character is worth. A branch on a random character would be mispredicted half of the time.
    private static let values = (0...255).map { character in
        digits.firstIndex(of: character).map { UInt8($0) } ?? noDigit
    }

    package let id: KeyID
    private let characters: [66 of UInt8]

    /// A new key.
    /// - Parameter generator: one that nobody can foresee, except in tests.
    package static func random(using generator: inout some RandomNumberGenerator) -> KeyText {
        let id = KeyID.random(using: &generator)
        var body = Array(prefix.utf8) + id.characters + [UInt8(ascii: "_")]
        for _ in secretRange { body.append(digits[Int.random(in: 0..<62, using: &generator)]) }
        var rest = CRC32.of(body[...])
        var checksum: [UInt8] = []
        for _ in 0..<checksumLength {
            checksum.append(digits[Int(rest % 62)])
            rest /= 62
        }
        body += checksum.reversed()
        return KeyText(id: id, characters: [66 of UInt8] { body[$0] })
    }

    package static func random() -> KeyText {
        var generator = SystemRandomNumberGenerator()
        return random(using: &generator)
    }

    private init(id: KeyID, characters: [66 of UInt8]) {
        self.id = id
        self.characters = characters
    }

    /// - Returns: `nil` for anything that ``random()`` could not have made.
    package init?(_ text: some Collection<UInt8>) {
        // SAFETY: the span is of the buffer that is lent, and is not kept.
        let read = text.withContiguousStorageIfAvailable { Self.read($0.span) }
        // Rare, and no more of it than tells that it is too long.
        guard let key = read ?? Self.read(Array(text.prefix(Self.length + 1)).span) else { return nil }
        self = key
    }

    package init?(_ text: String) { self.init(text.utf8) }

    private static func read(_ text: Span<UInt8>) -> KeyText? {
        guard text.count == length else { return nil }
        let underscore = UInt8(ascii: "_")
        guard text[0] == UInt8(ascii: "b"), text[1] == UInt8(ascii: "k"), text[2] == UInt8(ascii: "l"),
            text[3] == underscore, text[16] == underscore,
            let id = KeyID(characters: text.extracting(idRange))
        else { return nil }
        let values = values
        var all: UInt8 = 0
        for position in secretRange { all |= values[Int(text[position])] }
        var checksum: UInt64 = 0
        for position in bodyLength..<length {
            let value = values[Int(text[position])]
            all |= value
            checksum = checksum * 62 + UInt64(value)
        }
        guard all != noDigit else { return nil }
        // Compared as a number wider than a checksum: one that stands for more than 32 bits is never right.
        guard checksum == UInt64(CRC32.of(text.extracting(0..<bodyLength))) else { return nil }
        return KeyText(id: id, characters: [66 of UInt8] { text[$0] })
    }

    /// The key itself. It is shown once, when it is made, and never written to a log.
    package var secretText: String {
        String(decoding: (0..<Self.length).map { characters[$0] }, as: UTF8.self)
    }

    /// Fit for a log.
    package var description: String { "\(Self.prefix)\(id)_…" }

    /// All but the checksum.
    func withBody<Result>(_ read: (UnsafeRawBufferPointer) -> Result) -> Result {
        // SAFETY: the buffer is of this value, 66 initialised bytes, and is read within the closure only.
        withUnsafeBytes(of: characters) { read(UnsafeRawBufferPointer(rebasing: $0[..<Self.bodyLength])) }
    }
}

extension KeyText: CustomReflectable {
    /// So that neither `dump` nor an assertion's message shows the secret.
    package var customMirror: Mirror { Mirror(self, children: ["id": id]) }
}

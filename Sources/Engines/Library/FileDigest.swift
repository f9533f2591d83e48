// SPDX-License-Identifier: Apache-2.0
private import Crypto
package import Inference

/// The SHA-256 of a file.
package struct FileDigest: Sendable, Hashable, CustomStringConvertible {
    /// 64 lower-case hexadecimal digits.
    package let description: String

    package init?(hexadecimal text: String) {
        let digits = text.lowercased()
        guard digits.utf8.count == 64, digits.allSatisfy({ $0.isASCII && $0.isHexDigit }) else { return nil }
        description = digits
    }

    /// - Parameter bytes: the digest itself, 32 of them.
    init(bytes: some Sequence<UInt8>) {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        description = String(decoding: text, as: UTF8.self)
    }

    static func of(_ bytes: UnsafeRawBufferPointer) -> FileDigest {
        var hash = SHA256()
        hash.update(bufferPointer: bytes)
        return FileDigest(bytes: hash.finalize())
    }

    /// Reads the file once, a part at a time.
    package static func of(path: String) throws(ServingError) -> FileDigest {
        let file = try LocalFile(reading: path)
        var hash = SHA256()
        try file.readAll { hash.update(bufferPointer: $0) }
        return FileDigest(bytes: hash.finalize())
    }
}

extension FileDigest: ExpressibleByStringLiteral {
    package init(stringLiteral text: String) {
        guard let digest = FileDigest(hexadecimal: text) else { preconditionFailure("not a SHA-256: \(text)") }
        self = digest
    }
}

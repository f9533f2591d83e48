// SPDX-License-Identifier: Apache-2.0

/// `grpc-message`: printable ASCII stays, everything else and `%` becomes `%` and two hexadecimal digits.
package enum StatusMessage {
    /// Clients refuse trailers beyond 8 KiB, and the status with them.
    package static let longest = 4096

    package static func encode(_ message: String) -> String {
        if message.utf8.count <= longest, message.utf8.allSatisfy(isPlain) { return message }
        var encoded: [UInt8] = []
        for character in message.unicodeScalars {
            let bytes = Array(UTF8.encode(character)!).flatMap { isPlain($0) ? [$0] : escape($0) }
            if encoded.count + bytes.count > longest { break }
            encoded += bytes
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte <= 0x7E && byte != UInt8(ascii: "%")
    }

    private static func escape(_ byte: UInt8) -> [UInt8] {
        func digit(_ value: UInt8) -> UInt8 { value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10 }
        return [UInt8(ascii: "%"), digit(byte >> 4), digit(byte & 15)]
    }
}

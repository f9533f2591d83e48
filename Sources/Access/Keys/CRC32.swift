// SPDX-License-Identifier: Apache-2.0

/// The checksum of zip and Ethernet (polynomial 0xEDB88320, reflected): finds every change of up to 32 bits in a row.
enum CRC32 {
    private static let table: [256 of UInt32] = [256 of UInt32] { index in
        (0..<8).reduce(UInt32(index)) { rest, _ in rest & 1 == 1 ? rest >> 1 ^ 0xEDB8_8320 : rest >> 1 }
    }

    static func of(_ bytes: Span<UInt8>) -> UInt32 {
        var rest = UInt32.max
        for index in bytes.indices { rest = table[Int(UInt8(truncatingIfNeeded: rest) ^ bytes[index])] ^ rest >> 8 }
        return ~rest
    }

    static func of(_ bytes: ArraySlice<UInt8>) -> UInt32 { of(bytes.span) }
}

// SPDX-License-Identifier: Apache-2.0

/// The checksum of zip and Ethernet (polynomial 0xEDB88320, reflected): finds every change of up to 32 bits in a row.
enum CRC32 {
    /// Four tables in one, for a byte that is 0 to 3 bytes away from the end of a word: four bytes at a time, since one
    /// lookup has to wait for another.
    private static let table: [UInt32] = {
        var table = [UInt32](repeating: 0, count: 1024)
        for byte in 0..<256 {
            table[byte] = (0..<8).reduce(UInt32(byte)) { rest, _ in rest & 1 == 1 ? rest >> 1 ^ 0xEDB8_8320 : rest >> 1
            }
        }
        for index in 256..<1024 {
            let before = table[index - 256]
            table[index] = table[Int(before & 0xff)] ^ before >> 8
        }
        return table
    }()

    static func of(_ bytes: Span<UInt8>) -> UInt32 {
        let table = table
        var rest = UInt32.max
        var index = 0
        while bytes.count - index >= 4 {
            rest ^=
                UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2]) << 16
                | UInt32(bytes[index + 3]) << 24
            rest =
                table[768 + Int(rest & 0xff)] ^ table[512 + Int(rest >> 8 & 0xff)]
                ^ table[256 + Int(rest >> 16 & 0xff)] ^ table[Int(rest >> 24)]
            index += 4
        }
        while index < bytes.count {
            rest = table[Int(UInt8(truncatingIfNeeded: rest) ^ bytes[index])] ^ rest >> 8
            index += 1
        }
        return ~rest
    }

    static func of(_ bytes: ArraySlice<UInt8>) -> UInt32 { of(bytes.span) }
}

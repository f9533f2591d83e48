// SPDX-License-Identifier: Apache-2.0
import GRPCServer
import Inference
import TestSupport
import Testing

@Suite struct WireReaderTests {
    @Test(
        arguments: [
            ([0x00], 0), ([0x7F], 127), ([0x80, 0x01], 128), ([0xFF, 0x7F], 16383), ([0x80, 0x80, 0x01], 16384),
            // Padded with zeroes: longer than need be, and allowed.
            ([0x81, 0x80, 0x80, 0x00], 1),
            ([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], UInt64.max),
            ([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], 1 << 63),
            ([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], 0),
        ] as [([UInt8], UInt64)]
    )
    func varint(bytes: [UInt8], value: UInt64) throws {
        let read = try TensorBytes(bytes).withUnsafeBytes { memory throws(ServingError) in
            var reader = WireReader(memory, message: "M")
            let value = try reader.varint()
            return reader.isAtEnd ? value : nil
        }
        #expect(read == value)
    }

    @Test(
        arguments: [
            // An empty number, one that ends early, one of 65 bits, one of eleven bytes.
            ([], "it ends within a field"),
            ([0x80], "it ends within a field"),
            ([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], "it ends within a field"),
            ([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02], "a number is longer than 64 bits"),
            ([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], "a number is longer than 64 bits"),
        ] as [([UInt8], String)]
    )
    func badVarint(bytes: [UInt8], fault: String) {
        bytes.withUnsafeBytes { memory in
            let text = message { () throws(ServingError) in
                var reader = WireReader(memory, message: "M")
                _ = try reader.varint()
            }
            #expect(text == "Unable to parse request: M: " + fault)
        }
    }

    @Test(
        arguments: [
            ([0x00, 0x00], "a field has an invalid number"),
            ([0x07], "a field has an invalid number"),
            ([0x80, 0x80, 0x80, 0x80, 0x10, 0x00], "a field has an invalid number"),
            ([0x0B, 0x0C], "field 1 is a group or has an unknown wire type"),
            ([0x0C], "field 1 is a group or has an unknown wire type"),
            ([0x0E], "field 1 is a group or has an unknown wire type"),
            ([0x0F], "field 1 is a group or has an unknown wire type"),
            ([0x08], "it ends within a field"),
            ([0x0D, 1, 2, 3], "it ends within a field"),
            ([0x09, 1, 2, 3, 4, 5, 6, 7], "it ends within a field"),
            ([0x0A, 0x02, 0x01], "field 1 says that it has 2 bytes where 1 are left"),
            (
                [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
                "field 1 says that it has 18446744073709551615 bytes where 0 are left"
            ),
        ] as [([UInt8], String)]
    )
    func badField(bytes: [UInt8], fault: String) {
        bytes.withUnsafeBytes { memory in
            let text = message { () throws(ServingError) in
                var reader = WireReader(memory, message: "M")
                while let field = try reader.nextField() { try reader.skip(field) }
            }
            #expect(text == "Unable to parse request: M: " + fault)
        }
    }

    @Test func highestFieldNumberIsRead() throws {
        try ([0xF8, 0xFF, 0xFF, 0xFF, 0x0F, 0x05] as [UInt8]).withUnsafeBytes { memory in
            var reader = WireReader(memory, message: "M")
            let field = try #require(try reader.nextField())
            #expect(field == WireField(number: (1 << 29) - 1, kind: .varint))
            #expect(try reader.varint(of: field) == 5)
        }
    }

    @Test func innerReaderStaysInside() throws {
        try ([0x0A, 0x01, 0x08, 0x05] as [UInt8]).withUnsafeBytes { memory in
            var reader = WireReader(memory, message: "M")
            let field = try #require(try reader.nextField())
            var inner = reader.inner(try reader.bytes(of: field), message: "Inner")
            let text = message { () throws(ServingError) in
                while let field = try inner.nextField() { try inner.skip(field) }
            }
            #expect(text == "Unable to parse request: Inner: it ends within a field")
        }
    }

    @Test func stringsAreUTF8() {
        ([0xC3, 0x28] as [UInt8]).withUnsafeBytes { memory in
            let text = message { () throws(ServingError) in
                _ = try WireReader(memory, message: "M").text(0..<2)
            }
            #expect(text == "Unable to parse request: M: a string is not UTF-8")
        }
    }
}

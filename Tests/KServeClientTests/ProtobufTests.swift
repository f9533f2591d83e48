// SPDX-License-Identifier: Apache-2.0
import KServeClient
import Testing

@Suite struct ProtobufTests {
    @Test func writesAndReads() throws {
        var writer = ProtobufWriter()
        writer.append(1, text: "a")
        writer.append(2, text: "")
        writer.append(3, flag: false)
        writer.append(4, choice: false)
        writer.append(5, choice: UInt64.max)
        writer.append(6, choice: 0.5)
        writer.append(7, packed: [1, -1])
        writer.append(8) { $0.append(1, flag: true) }
        var reader = ProtobufReader(writer.bytes)
        var fields: [ProtobufReader.Field] = []
        while let field = try reader.next() { fields.append(field) }
        #expect(fields.map(\.number) == [1, 4, 5, 6, 7, 8])
        #expect(try fields[0].value.text() == "a")
        #expect(fields[1].value == .varint(0))
        #expect(fields[2].value == .varint(.max))
        #expect(fields[3].value == .fixed64(0.5.bitPattern))
        #expect(try ProtobufReader.packed(fields[4].value.content()) == [1, .max])
        #expect(fields[5].value == .bytes([8, 1]))
    }

    @Test(
        arguments: [
            [0x08], [0x80], [0x0A, 0x02, 0x61], [0x0B], [0x0C], [0x0E], [0x00, 0x01], [0x09, 1, 2, 3, 4, 5, 6, 7],
            [0x0D, 1, 2, 3],
            // A varint of eleven bytes, one with a 65th bit, a length of all bits.
            [0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
            [0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02],
            [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
        ] as [[UInt8]]
    )
    func refusesWhatIsNoField(_ bytes: [UInt8]) {
        var reader = ProtobufReader(bytes)
        #expect(throws: ClientError.self) { try reader.next() }
    }

    @Test func readsTheLongestVarint() throws {
        var reader = ProtobufReader([0x08] + [UInt8](repeating: 0xFF, count: 9) + [1])
        #expect(try reader.next()?.value == .varint(.max))
    }
}

// SPDX-License-Identifier: Apache-2.0
import Inference
import KServeClient
import Testing

@Suite struct NPYFileTests {
    /// As numpy writes it, version 1: magic, version, length, a dictionary padded to 64 bytes.
    private func file(_ descr: String, _ order: String, _ shape: String, _ data: [UInt8]) -> [UInt8] {
        let dictionary = "{'descr': '\(descr)', 'fortran_order': \(order), 'shape': \(shape), }"
        let padded = dictionary + String(repeating: " ", count: 117 - dictionary.count) + "\n"
        return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(padded.utf8.count), 0] + Array(padded.utf8) + data
    }

    @Test(arguments: [
        ("(2, 3)", [2, 3] as [Int64], 6), ("(4,)", [4], 4), ("()", [], 1), ("(0, 5)", [0, 5], 0),
    ])
    func readsShapes(_ text: String, _ shape: [Int64], _ count: Int) throws {
        let array = try NPYFile(file("<i2", "False", text, Array(repeating: 1, count: 2 * count)))
        #expect(array.shape == shape)
        #expect(array.dataType == .int16)
        #expect(array.bytes.count == 2 * count)
    }

    @Test func refusesWhatIsNoTensor() {
        let good = file("<f4", "False", "(1,)", [0, 0, 0, 0])
        #expect(throws: Never.self) { try NPYFile(good) }
        let bad: [[UInt8]] = [
            [], Array(good.prefix(9)), Array(good.prefix(60)), good.dropLast(), good + [0],
            file("|O", "False", "(1,)", [0]), file(">f4", "False", "(1,)", [0, 0, 0, 0]),
            file("<f4", "True", "(1,)", [0, 0, 0, 0]), file("<f4", "False", "(-1,)", []),
            file("<f4", "False", "(9223372036854775807, 9)", []),
        ]
        for bytes in bad { #expect(throws: ClientError.self) { try NPYFile(bytes) } }
    }
}

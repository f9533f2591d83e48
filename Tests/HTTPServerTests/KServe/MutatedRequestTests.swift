// SPDX-License-Identifier: Apache-2.0
import Inference
import TestSupport
import Testing

@testable import HTTPServer

/// Good requests with a few bytes changed: each is read or refused, and nothing beyond its last byte is looked at.
@Suite struct MutatedRequestTests {
    private static let seeds: [(json: String, binary: [UInt8])] = [
        (
            """
            {"id":"1","inputs":[{"name":"IN","shape":[1,3],"datatype":"FP32","parameters":{"binary_data_size":12}}],\
            "outputs":[{"name":"OUT","parameters":{"binary_data":true}}]}
            """, [UInt8](repeating: 1, count: 12)
        ),
        (
            """
            {"inputs":[{"data":[[1.5,-2e3],[0.25,NaN],[123456789.123456789012345,1e-7]],"name":"IN","shape":[3,2],\
            "datatype":"FP64"},{"name":"S","shape":[3],"datatype":"BYTES",\
            "data":["a\\u00e9\\ud83d\\ude00","",["é😀 long enough"]]}]}
            """, []
        ),
        (
            """
            {"parameters":{"sequence_id":7,"sequence_start":true,"priority":1,"timeout":5,"custom":"x","d":1.5},\
            "inputs":[{"name":"B","shape":[4],"datatype":"BOOL","data":[true,false,[true],true]},\
            {"name":"I","shape":[2],"datatype":"INT64","data":[-9223372036854775808,18446744073709551]}],\
            "x":{"y":[null]}}
            """, []
        ),
    ]

    private static let interesting = Array("{}[]\",:\\u0-+.eE9tfnNI \u{7F}".utf8) + [0, 0x80, 0xC3, 0xED, 0xF0, 0xFF]

    private static func mutate(_ bytes: inout [UInt8], _ generator: inout SplitMix64) {
        for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: bytes[index] = interesting.randomElement(using: &generator) ?? 0
            case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 2: bytes.remove(at: index)
            case 3: bytes.insert(interesting.randomElement(using: &generator) ?? 0, at: index)
            case 4: bytes.removeSubrange(index...)
            default:
                let end = min(bytes.count, index + Int.random(in: 1...12, using: &generator))
                bytes.insert(contentsOf: Array(bytes[index..<end]), at: index)
            }
        }
    }

    @Test func areReadOrRefused() {
        var generator = SplitMix64(seed: 5)
        let model = DeclaredModel()
        var good = 0
        for round in 0..<100_000 {
            let seed = Self.seeds[round % Self.seeds.count]
            var bytes = Array(seed.json.utf8) + seed.binary
            Self.mutate(&bytes, &generator)
            let headerLength: Int? =
                switch Int.random(in: 0..<8, using: &generator) {
                case 0: nil
                case 1: 0
                case 2: Int.random(in: -1...bytes.count + 1, using: &generator)
                default: bytes.count - seed.binary.count
                }
            // A block of exactly this size from the allocator, which address checks guard on both sides.
            let body = bytes.withUnsafeBytes { TensorBytes(copying: $0) }
            do throws(ServingError) {
                let decoded = try InferRequestReader.read(
                    body: body,
                    inferenceHeaderLength: headerLength,
                    model: model,
                    limits: secureLimits
                )
                good += 1
                for input in decoded.fields.inputs {
                    _ = input.bytes.withUnsafeBytes { $0.reduce(0, &+) }
                }
            } catch {
                #expect(!error.message.isEmpty)
                #expect(error.code == .invalidArgument || error.code == .unsupported)
            }
        }
        // Some changes hit a name or a digit and leave a good request.
        #expect(good > 1_000 && good < 99_000)
    }
}

// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOCore

@testable import HTTPServer

/// A model that declares tensors and never runs.
final class DeclaredModel: ServableModel {
    let name: String
    let version: Int64 = 1
    let inputs: [TensorSpec]
    let outputs: [TensorSpec]
    let maxBatchSize: Int
    let isDecoupled = false

    init(
        name: String = "m",
        inputs: [TensorSpec] = [TensorSpec(name: "IN", dataType: .fp32, shape: [-1])],
        outputs: [TensorSpec] = [TensorSpec(name: "OUT", dataType: .fp32, shape: [-1])],
        maxBatchSize: Int = 0
    ) {
        self.name = name
        self.inputs = inputs
        self.outputs = outputs
        self.maxBatchSize = maxBatchSize
    }

    func infer(_ request: InferenceRequest, sink: any ResponseSink) {
        sink.receive(.failed(ServingError(.unsupported, "a declared model does not run")))
    }
}

/// A seeded generator, so that a failure can be run again (S. Vigna's SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

let secureLimits = RequestLimits(profile: .secure)

/// Reads a request that is JSON only, or JSON and the binary bytes after it.
func readRequest(
    _ json: String,
    binary: [UInt8]? = nil,
    model: DeclaredModel = DeclaredModel(),
    limits: RequestLimits = secureLimits
) throws(ServingError) -> DecodedInferRequest {
    let head = Array(json.utf8)
    return try InferRequestReader.read(
        body: TensorBytes(head + (binary ?? [])),
        inferenceHeaderLength: binary == nil ? nil : head.count,
        model: model,
        limits: limits
    )
}

/// The message of the error that `body` throws; `nil` if it throws none.
func message(_ body: () throws(ServingError) -> Void) -> String? {
    do throws(ServingError) {
        try body()
        return nil
    } catch {
        return error.message
    }
}

extension TensorBytes {
    var array: [UInt8] { withUnsafeBytes { Array($0) } }

    func values<Value: BitwiseCopyable>(_: Value.Type) -> [Value] {
        withUnsafeBytes { memory in
            (0..<(memory.count / MemoryLayout<Value>.size)).map {
                memory.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Value>.size, as: Value.self)
            }
        }
    }
}

extension ByteBuffer {
    var text: String { String(buffer: self) }
}

func tensor<Value: BitwiseCopyable>(
    name: String = "OUT",
    _ type: DataType,
    _ shape: Shape,
    _ values: [Value]
) -> OutputTensor {
    OutputTensor(
        name: name,
        dataType: type,
        shape: shape,
        bytes: values.withUnsafeBytes { TensorBytes(copying: $0) }
    )
}

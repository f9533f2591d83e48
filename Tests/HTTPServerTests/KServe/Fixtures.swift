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

extension TensorBytes {
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

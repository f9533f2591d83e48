// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import GRPCServer
import Inference
import InferenceProtos
import SwiftProtobuf

typealias Request = Inference_ModelInferRequest

extension Inference_InferParameter {
    init(_ choice: OneOf_ParameterChoice?) {
        self.init()
        parameterChoice = choice
    }
}

extension Request.InferInputTensor {
    static func named(
        _ name: String,
        _ datatype: String,
        _ shape: [Int64],
        _ contents: ((inout Inference_InferTensorContents) -> Void)? = nil
    ) -> Self {
        .with {
            $0.name = name
            $0.datatype = datatype
            $0.shape = shape
            if let contents { contents(&$0.contents) }
        }
    }
}

extension Request {
    /// One FP32 input of two elements, raw.
    static func plain(_ model: String = "plain", id: String = "") -> Request {
        .with {
            $0.modelName = model
            $0.id = id
            $0.inputs = [.named("INPUT", "FP32", [2])]
            $0.rawInputContents = [.init([0, 0, 0x80, 0x3F, 0, 0, 0, 0x40])]
        }
    }

    /// The same in every process: maps go in the order of their keys.
    var bytes: [UInt8] {
        var options = BinaryEncodingOptions()
        options.useDeterministicOrdering = true
        return (try? serializedBytes(options: options)) ?? []
    }
}

/// Reads a request as the receivers do.
func decode(
    _ bytes: [UInt8],
    limits: RequestLimits = RequestLimits(profile: .secure),
    sharedMemory: (any SharedMemoryControl)? = nil
) throws(ServingError) -> DecodedInferRequest {
    let message = TensorBytes(bytes)
    var envelope = InferEnvelope()
    try envelope.read(message, limits: limits)
    _ = try envelope.version()
    return try InferRequestReader.read(
        message,
        envelope: envelope,
        model: ScriptedModel("plain"),
        limits: limits,
        sharedMemory: sharedMemory
    ) { _ in }
}

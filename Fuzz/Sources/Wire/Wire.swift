// SPDX-License-Identifier: Apache-2.0
import GRPCServer
import Inference

/// What libFuzzer calls: reads the bytes as a `ModelInferRequest`, and looks at every tensor that came of it.
@_cdecl("LLVMFuzzerTestOneInput")
func readInferRequest(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    let message = TensorBytes(copying: UnsafeRawBufferPointer(start: start, count: count))
    for profile in Profile.allCases { read(message, RequestLimits(profile: profile)) }
    return 0
}

private func read(_ message: TensorBytes, _ limits: RequestLimits) {
    var envelope = InferEnvelope()
    do throws(ServingError) {
        try envelope.read(message, limits: limits)
        _ = try envelope.version()
        let decoded = try InferRequestReader.read(
            message,
            envelope: envelope,
            model: Model(),
            limits: limits,
            sharedMemory: Memory()
        ) { bytes in precondition(bytes <= limits.bodyBytes, "more is charged than a request may have") }
        check(decoded.fields, limits)
    } catch {
        precondition(!error.message.isEmpty, "an error says what is wrong")
    }
}

private func check(_ fields: InferenceRequest.Fields, _ limits: RequestLimits) {
    precondition(fields.inputs.count <= limits.inputs && fields.requestedOutputs.count <= limits.outputs)
    precondition(fields.parameters.count <= limits.parameters)
    for input in fields.inputs {
        precondition(input.bytes.count <= limits.bodyBytes && input.shape.count <= limits.dimensions)
        precondition(input.shape.elementCount != nil, "a shape without a size got through")
        var sum: UInt8 = 0
        input.bytes.withUnsafeBytes { for byte in $0 { sum &+= byte } }
        precondition(sum <= .max)
    }
}

private final class Model: ServableModel {
    let name = "model"
    let version: Int64 = 1
    let inputs = [TensorSpec(name: "an input with a long name", dataType: .fp32, shape: [-1])]
    let outputs = [TensorSpec(name: "an output with a long name", dataType: .fp32, shape: [-1])]
    let maxBatchSize = 0
    let isDecoupled = false

    func infer(_ request: InferenceRequest, sink: any ResponseSink) {}
}

/// Gives what is asked for, up to a page.
private struct Memory: SharedMemoryControl {
    func register(_ region: SharedMemoryRegion) throws(ServingError) {}
    func unregister(_ name: String?) async throws(ServingError) {}
    func regions(_ name: String?) throws(ServingError) -> [SharedMemoryRegion] { [] }

    func read(_ slice: SharedMemorySlice) throws(ServingError) -> TensorBytes {
        guard slice.byteSize <= 4096 else { throw ServingError(.invalidArgument, "too much") }
        return TensorBytes([UInt8](repeating: 1, count: Int(slice.byteSize)))
    }

    func registerCUDA(_ name: String) throws(ServingError) {}
    func unregisterCUDA(_ name: String?) throws(ServingError) {}
    func checkCUDARegions(_ name: String?) throws(ServingError) {}
}

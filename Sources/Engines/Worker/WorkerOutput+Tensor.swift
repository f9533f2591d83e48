// SPDX-License-Identifier: Apache-2.0
internal import Inference

extension WorkerResponse {
    /// What the request asked for, or everything.
    func wanted(by request: InferenceRequest) -> [WorkerOutput] {
        let requested = request.fields.requestedOutputs
        guard !requested.isEmpty else { return outputs }
        return outputs.filter { output in requested.contains { $0.name == output.name } }
    }
}

extension WorkerOutput {
    /// A copy of the bytes, checked once they can change no more.
    /// - Parameter areas: the response areas. That the place lies within a lease was checked.
    func tensor(in areas: [SharedArea]) throws(WorkerFault) -> OutputTensor {
        let bytes =
            length == 0 ? TensorBytes() : areas[Int(area)].copy(offset: Int(offset), length: Int(length))
        if dataType == .bytes, BytesTensor.elementCount(of: bytes) != elementCount {
            throw WorkerFault("output '\(name)' of shape \(shape) does not hold \(elementCount) whole strings")
        }
        return OutputTensor(name: name, dataType: dataType, shape: shape, bytes: bytes)
    }
}

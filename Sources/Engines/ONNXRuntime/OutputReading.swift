// SPDX-License-Identifier: Apache-2.0
internal import COnnxRuntime
internal import Inference

/// A value that the engine made: what owns the memory of every answer cut from it.
final class EngineValue: @unchecked Sendable {
    // SAFETY: set once, released once; its memory is not written after the run that made it.
    let pointer: OpaquePointer
    private let library: ONNXRuntimeLibrary
    /// The allocator charges this value to the session's account until it is released.
    private let session: ONNXRuntimeSession

    init(_ pointer: OpaquePointer, session: ONNXRuntimeSession) {
        self.pointer = pointer
        self.session = session
        library = session.library
    }

    deinit { library.api.pointee.ReleaseValue(pointer) }
}

/// An output of one execution, to be cut along the batch.
struct EngineOutput {
    let spec: TensorSpec
    /// As the client sees it, the whole batch.
    let shape: Shape
    let bytes: TensorBytes
    /// Where each string starts; `nil` for elements of one size.
    let starts: [Int]?

    /// The rows `rows` of `total`; of a batch of one, everything.
    func cut(rows: Range<Int>, of total: Int, batches: Bool) -> OutputTensor {
        guard batches, rows.count < total else {
            return OutputTensor(name: spec.name, dataType: spec.dataType, shape: shape, bytes: bytes)
        }
        var part = shape
        part[0] = Int64(rows.count)
        let range: Range<Int>
        if let starts {
            let perRow = (starts.count - 1) / total
            range = starts[rows.lowerBound * perRow]..<starts[rows.upperBound * perRow]
        } else {
            let perRow = bytes.count / total
            range = (rows.lowerBound * perRow)..<(rows.upperBound * perRow)
        }
        return OutputTensor(name: spec.name, dataType: spec.dataType, shape: part, bytes: bytes.slice(range))
    }
}

/// Reads what a run made, within a limit on its bytes.
struct OutputReading {
    let session: ONNXRuntimeSession
    let modelName: String
    let batches: Bool
    private var allowance: OutputAllowance

    init(session: ONNXRuntimeSession, plan: ExecutionPlan) {
        self.session = session
        modelName = plan.modelName
        batches = plan.batches
        allowance = OutputAllowance(modelName: plan.modelName, limit: plan.outputLimit)
    }

    /// - Parameter total: the batch that was run, which the first dimension must be.
    mutating func output(
        _ value: EngineValue,
        of tensor: ExecutionPlan.Tensor,
        reshape: Reshape?,
        total: Int
    ) throws(ServingError) -> EngineOutput {
        let spec = tensor.spec
        let (shape, count) = try shapeAndCount(value, spec)
        if batches, shape.count == 0 || shape[0] != Int64(total) {
            throw failure(
                "output '\(spec.name)' of model '\(modelName)' has shape \(shape) for a batch of \(total): its first "
                    + "dimension must be the batch"
            )
        }
        let seen: Shape
        if let reshape {
            guard let changed = reshape.apply(shape) else {
                throw failure("output '\(spec.name)' of model '\(modelName)' cannot be reshaped from \(shape)")
            }
            seen = changed
        } else {
            seen = shape
        }
        guard let size = spec.dataType.byteSize else {
            guard
                let strings = try StringTensor.read(
                    value.pointer,
                    count: count,
                    limit: allowance.left,
                    library: session.library
                )
            else { throw allowance.exceeded }
            try allowance.take(strings.bytes.count)
            return EngineOutput(spec: spec, shape: seen, bytes: strings.bytes, starts: strings.starts)
        }
        let (byteCount, overflow) = count.multipliedReportingOverflow(by: size)
        guard !overflow else { throw allowance.exceeded }
        try allowance.take(byteCount)
        return EngineOutput(spec: spec, shape: seen, bytes: try bytes(of: value, byteCount), starts: nil)
    }

    private func shapeAndCount(_ value: EngineValue, _ spec: TensorSpec) throws(ServingError) -> (Shape, Int) {
        var element: Int32 = 0
        var dimensions: UnsafePointer<Int64>?
        var rank = 0
        let api = session.library.api
        try api.check(
            api.pointee.GetTensorElementTypeAndShapeDataReference(value.pointer, &element, &dimensions, &rank)
        )
        guard ElementType.dataType(element) == spec.dataType, rank <= GraphInspection.rankLimit else {
            throw failure(
                "output '\(spec.name)' of model '\(modelName)' has a type other than \(spec.dataType.wireName)"
            )
        }
        let shape = Shape(UnsafeBufferPointer(start: dimensions, count: rank))
        guard let count = shape.elementCount else {
            throw failure("output '\(spec.name)' of model '\(modelName)' has an invalid shape \(shape)")
        }
        return (shape, count)
    }

    private func bytes(of value: EngineValue, _ byteCount: Int) throws(ServingError) -> TensorBytes {
        guard byteCount > 0 else { return TensorBytes() }
        var data: UnsafeMutableRawPointer?
        let api = session.library.api
        try api.check(api.pointee.GetTensorMutableData(value.pointer, &data))
        return TensorBytes(owner: value, memory: UnsafeRawBufferPointer(start: data, count: byteCount))
    }

    private func failure(_ text: String) -> ServingError { ServingError(.internalError, text, reason: .backend) }
}

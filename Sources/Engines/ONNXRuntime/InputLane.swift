// SPDX-License-Identifier: Apache-2.0
internal import COnnxRuntime
internal import Inference

/// One input of one instance: gathers the parts of a batch into a value of the engine.
///
/// A small input is copied into memory that stays, so that a run of the same shape as the last needs no new value; a
/// large one of a single request is used where it is.
final class InputLane {
    static let reuseLimit = 16 << 10
    /// Staging memory beyond this is given back after the run.
    static let keptStaging = 4 << 20

    let name: String
    private let library: ONNXRuntimeLibrary
    private let type: DataType
    private let isOptional: Bool
    private let batches: Bool
    private let reshape: Reshape?
    private let modelName: String
    private let index: Int

    private var staging: AlignedStorage?
    private var reusable: OpaquePointer?
    private var reusableShape = Shape()
    private var transient: OpaquePointer?

    init(_ plan: ExecutionPlan, index: Int, library: ONNXRuntimeLibrary) {
        let spec = plan.inputs[index].spec
        name = spec.name
        type = spec.dataType
        isOptional = spec.isOptional
        batches = plan.batches
        reshape = Reshape.entering(plan.inputs[index], batches: plan.batches)
        modelName = plan.modelName
        self.index = index
        self.library = library
    }

    deinit {
        library.api.pointee.ReleaseValue(transient)
        library.api.pointee.ReleaseValue(reusable)
    }

    /// The engine's value for this input of `requests`; `nil` if it is optional and they do not have it.
    ///
    /// The value is good until ``runEnded()``, as is the memory of `requests`.
    func value(for requests: ArraySlice<BatchedRequest>) throws(ServingError) -> OpaquePointer? {
        guard let request = requests.first else { return nil }
        guard let head = find(in: request.request) else {
            guard isOptional else { throw missing() }
            for other in requests where find(in: other.request) != nil { throw missing() }
            return nil
        }
        let shape = requests.count == 1 ? head.shape : try joinedShape(requests, head: head)
        guard let count = shape.elementCount else { throw invalid("has an invalid shape \(shape)") }
        let engineShape = try engineShape(shape)
        guard let size = type.byteSize else { return try strings(requests, shape: engineShape, count: count) }
        let (byteCount, overflow) = count.multipliedReportingOverflow(by: size)
        guard !overflow else { throw invalid("has an invalid shape \(shape)") }
        if requests.count == 1 {
            try check(head, byteCount: byteCount)
            if byteCount > Self.reuseLimit, type != .bool, let value = try inPlace(head, size, engineShape) {
                return value
            }
        }
        return try staged(requests, byteCount: byteCount, shape: engineShape)
    }

    /// The run is over: nothing reads the inputs any more.
    func runEnded() {
        library.api.pointee.ReleaseValue(transient)
        transient = nil
        guard let staging, staging.memory.count > Self.keptStaging else { return }
        library.api.pointee.ReleaseValue(reusable)
        reusable = nil
        self.staging = nil
    }

    /// Where this input is among those of `request`: a tensor is large to copy and to retain, a number is not.
    private func position(in request: InferenceRequest) -> Int? {
        // Clients mostly send inputs in the model's order.
        if index < request.fields.inputs.count, request.fields.inputs[index].name == name { return index }
        return request.fields.inputs.firstIndex { $0.name == name }
    }

    private func find(in request: InferenceRequest) -> InputTensor? {
        position(in: request).map { request.fields.inputs[$0] }
    }

    private func joinedShape(
        _ requests: ArraySlice<BatchedRequest>,
        head: InputTensor
    ) throws(ServingError) -> Shape {
        guard batches, head.shape.count > 0 else { throw invalid("cannot be batched") }
        var joined = head.shape
        var total: Int64 = 0
        for request in requests {
            guard let position = position(in: request.request) else { throw missing() }
            let rows = try rows(of: request.request.fields.inputs[position].shape, like: head.shape)
            let (sum, overflow) = total.addingReportingOverflow(rows)
            guard !overflow else { throw invalid("has an invalid shape \(head.shape)") }
            total = sum
        }
        joined[0] = total
        return joined
    }

    /// The first dimension of `shape`, the others of which must be those of `first`.
    private func rows(of shape: Shape, like first: Shape) throws(ServingError) -> Int64 {
        guard shape.count == first.count, shape[0] >= 0 else { throw invalid("cannot be batched") }
        for dimension in 1..<max(1, shape.count) where shape[dimension] != first[dimension] {
            throw invalid("has different shapes in one batch: \(first) and \(shape)")
        }
        return shape[0]
    }

    private func engineShape(_ shape: Shape) throws(ServingError) -> Shape {
        guard let reshape else { return shape }
        guard let changed = reshape.apply(shape) else { throw invalid("cannot be reshaped from \(shape)") }
        return changed
    }

    private func check(_ input: InputTensor, byteCount: Int) throws(ServingError) {
        guard input.dataType == type else { throw invalid("has type \(input.dataType.wireName)") }
        guard input.bytes.count == byteCount else {
            throw invalid("has \(input.bytes.count) bytes where its shape needs \(byteCount)")
        }
    }

    private func inPlace(_ input: InputTensor, _ size: Int, _ shape: Shape) throws(ServingError) -> OpaquePointer? {
        let memory = input.bytes.withUnsafeBytes { $0 }
        guard let base = memory.baseAddress, Int(bitPattern: base) % size == 0 else { return nil }
        // SAFETY: the batch keeps the request, and so this memory, until the run has ended; the engine does not write
        // to an input.
        transient = try makeValue(UnsafeMutableRawPointer(mutating: base), memory.count, shape)
        return transient
    }

    private func staged(
        _ requests: ArraySlice<BatchedRequest>,
        byteCount: Int,
        shape: Shape
    ) throws(ServingError) -> OpaquePointer? {
        let memory = stagingMemory(byteCount)
        var filled = 0
        for request in requests {
            guard let position = position(in: request.request) else { throw missing() }
            let found = request.request.fields.inputs[position].dataType
            guard found == type else { throw invalid("has type \(found.wireName)") }
            let bytes = request.request.fields.inputs[position].bytes
            guard bytes.count <= byteCount - filled else { throw invalid("has more bytes than its shape needs") }
            bytes.withUnsafeBytes { copy($0, to: memory, at: filled) }
            filled += bytes.count
        }
        guard filled == byteCount else { throw invalid("has \(filled) bytes where its shape needs \(byteCount)") }
        guard byteCount <= Self.reuseLimit else {
            transient = try makeValue(memory.baseAddress, byteCount, shape)
            return transient
        }
        if reusable == nil || reusableShape != shape {
            library.api.pointee.ReleaseValue(reusable)
            reusable = nil
            reusable = try makeValue(memory.baseAddress, byteCount, shape)
            reusableShape = shape
        }
        return reusable
    }

    private func copy(_ bytes: UnsafeRawBufferPointer, to memory: UnsafeMutableRawBufferPointer, at position: Int) {
        guard let target = memory.baseAddress, let source = bytes.baseAddress, !bytes.isEmpty else { return }
        if type == .bool {
            // Kernels take a byte as a C++ `bool`, for which anything but 0 and 1 is undefined.
            for index in 0..<bytes.count { memory[position + index] = bytes[index] == 0 ? 0 : 1 }
        } else {
            (target + position).copyMemory(from: source, byteCount: bytes.count)
        }
    }

    private func stagingMemory(_ byteCount: Int) -> UnsafeMutableRawBufferPointer {
        if let staging, staging.memory.count >= byteCount { return staging.memory }
        library.api.pointee.ReleaseValue(reusable)
        reusable = nil
        let storage = AlignedStorage(count: max(Self.reuseLimit, byteCount))
        staging = storage
        return storage.memory
    }

    private func makeValue(
        _ data: UnsafeMutableRawPointer?,
        _ byteCount: Int,
        _ shape: Shape
    ) throws(ServingError) -> OpaquePointer {
        var value: OpaquePointer?
        let status = shape.withDimensions { dimensions in
            library.api.pointee.CreateTensorWithDataAsOrtValue(
                library.memoryInfo,
                data,
                byteCount,
                dimensions.baseAddress,
                dimensions.count,
                ElementType.number(of: type),
                &value
            )
        }
        try library.api.check(status)
        return value!
    }

    private func strings(
        _ requests: ArraySlice<BatchedRequest>,
        shape: Shape,
        count: Int
    ) throws(ServingError) -> OpaquePointer? {
        let parts = try requests.map { (request) throws(ServingError) in
            guard let input = find(in: request.request) else { throw missing() }
            guard input.dataType == type else { throw invalid("has type \(input.dataType.wireName)") }
            return input.bytes
        }
        let total = parts.reduce(0) { $0 + $1.count }
        // Each string has four bytes of length, which bounds what the engine is asked to allocate.
        guard count <= total / 4 else { throw StringTensor.wrongCount(name, count) }
        let value = try StringTensor.make(parts, shape: shape, count: count, name: name, library: library)
        transient = value
        return value
    }

    private func missing() -> ServingError { invalid("is missing") }

    private func invalid(_ what: String) -> ServingError {
        ServingError(.invalidArgument, "input '\(name)' of model '\(modelName)' \(what)")
    }
}

extension Shape {
    /// Calls `body` with the dimensions in a row.
    func withDimensions<Result>(_ body: (UnsafeMutableBufferPointer<Int64>) -> Result) -> Result {
        withUnsafeTemporaryAllocation(of: Int64.self, capacity: max(1, count)) { buffer in
            for index in 0..<count { buffer.initializeElement(at: index, to: self[index]) }
            return body(UnsafeMutableBufferPointer(rebasing: buffer[0..<count]))
        }
    }
}

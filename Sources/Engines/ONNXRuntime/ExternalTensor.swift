// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// A weight that a model keeps in a file beside it.
struct ExternalTensor: Equatable {
    var name: String
    /// As the model spells it, which is what the engine looks it up by.
    var location: String
    var offset: Int
    /// What the tensor's type and dimensions come to; a length in the model must say the same.
    var byteCount: Int
}

/// Finds the external tensors of a `ModelProto`, and refuses all that the engine would itself open or misread.
///
/// The engine takes such files from memory only for the initializers of the main graph, so an external tensor anywhere
/// else is refused; it trusts a stated length although it reads by dimensions, so the two must agree.
struct ExternalTensorScan {
    static let tensorLimit = 65_536
    static let depthLimit = 64

    private let buffer: UnsafeRawBufferPointer
    private var found: [ExternalTensor] = []

    static func tensors(in model: TensorBytes) throws(ServingError) -> [ExternalTensor] {
        try model.withUnsafeBytes { (buffer) throws(ServingError) in
            var scan = ExternalTensorScan(buffer: buffer)
            do {
                try scan.message(.model, 0..<buffer.count, depth: 0)
            } catch let error as ServingError {
                throw error
            } catch {
                throw ServingError(.invalidArgument, "the model file is not a valid ONNX protobuf message")
            }
            return scan.found
        }
    }

    private init(buffer: UnsafeRawBufferPointer) { self.buffer = buffer }

    /// The messages of `onnx.proto` in which a tensor can hide, and how deep in the tree they are.
    private enum Kind { case model, graph, mainGraph, node, attribute, sparse, function, training }

    private func child(of kind: Kind, field: Int) -> (kind: Kind, isTensor: Bool)? {
        switch (kind, field) {
        case (.model, 7): (.mainGraph, false)
        case (.model, 20): (.training, false)
        case (.model, 25): (.function, false)
        case (.training, 1), (.training, 2): (.graph, false)
        case (.function, 7), (.graph, 1), (.mainGraph, 1): (.node, false)
        case (.function, 11), (.node, 5): (.attribute, false)
        case (.graph, 5), (.mainGraph, 5), (.attribute, 5), (.attribute, 10), (.sparse, 1), (.sparse, 2): (kind, true)
        case (.graph, 15), (.mainGraph, 15), (.attribute, 22), (.attribute, 23): (.sparse, false)
        case (.attribute, 6), (.attribute, 11): (.graph, false)
        default: nil
        }
    }

    private mutating func message(_ kind: Kind, _ range: Range<Int>, depth: Int) throws {
        guard depth <= Self.depthLimit else {
            throw ServingError(.invalidArgument, "the model nests graphs more than \(Self.depthLimit) messages deep")
        }
        var fields = ProtobufWire(buffer, in: range)
        while let field = try fields.next() {
            guard case .bytes(let inner) = field.value, let child = child(of: kind, field: field.number) else {
                continue
            }
            if child.isTensor {
                try tensor(inner, isInitializer: kind == .mainGraph)
            } else {
                try message(child.kind, inner, depth: depth + 1)
            }
        }
    }

    private mutating func tensor(_ range: Range<Int>, isInitializer: Bool) throws {
        var reading = ExternalTensorReading()
        var fields = ProtobufWire(buffer, in: range)
        while let field = try fields.next() { try reading.field(field.number, field.value, in: buffer) }
        guard let tensor = try reading.finished() else { return }
        guard isInitializer else {
            throw ServingError(
                .unsupported,
                "external data is supported for initializers of the main graph only, not for tensor '\(tensor.name)'"
            )
        }
        guard found.count < Self.tensorLimit else {
            throw ServingError(.invalidArgument, "the model has more than \(Self.tensorLimit) external tensors")
        }
        found.append(tensor)
    }
}

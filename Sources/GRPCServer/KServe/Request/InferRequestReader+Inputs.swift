// SPDX-License-Identifier: Apache-2.0
internal import Inference
private import Transport

/// What one `InferInputTensor` says before its content is taken.
private struct InputDeclaration {
    var name = ""
    var dataType: DataType?
    var dataTypeText = ""
    var shape = Shape()
    var parameters = TensorParameters()
    var contents = TypedContents()
}

extension InferRequestReader {
    mutating func readInput(_ tensor: WireReader, _ raw: inout RawInputs) throws(ServingError) -> InputTensor {
        let input = try declaration(tensor)
        let slice = input.parameters.isEmpty ? nil : try input.parameters.sharedMemory(tensor: input.name)
        guard let dataType = input.dataType else {
            throw InferRequestRules.unknownDataType(input.dataTypeText, input: input.name)
        }
        _ = try InferRequestRules.elementCount(
            of: input.shape,
            input: input.name,
            model: model,
            limits: limits
        )
        let bytes: TensorBytes
        if let slice {
            try noteShared(slice, input)
            bytes = TensorBytes()
        } else if input.contents.isPresent {
            bytes = try typed(tensor, input, dataType)
        } else {
            guard let range = try raw.next() else {
                throw ServingError(
                    .invalidArgument,
                    "unable to find data for input tensor '\(input.name)' for model '\(envelope.modelName)' in request."
                )
            }
            bytes = message.slice(range)
        }
        return InputTensor(name: input.name, dataType: dataType, shape: input.shape, bytes: bytes)
    }

    private func declaration(_ tensor: WireReader) throws(ServingError) -> InputDeclaration {
        var tensor = tensor
        var input = InputDeclaration()
        while let field = try tensor.nextField() {
            switch field.number {
            case 1: input.name = try tensorName(tensor.bytes(of: field), of: tensor, among: model.inputs)
            case 2:
                let text = try tensor.text(tensor.bytes(of: field), "datatype", limit: limits.stringBytes)
                input.dataType = DataType(wireName: text)
                if input.dataType == nil { input.dataTypeText = InferRequestRules.excerpt(text) }
            case 3: try readDimensions(&tensor, field, into: &input.shape)
            case 4: try input.parameters.take(tensor.bytes(of: field), of: tensor, limits)
            case 5:
                let range = try tensor.bytes(of: field)
                try input.contents.count(tensor.inner(range, message: "InferTensorContents"))
            default: try tensor.skip(field)
            }
        }
        return input
    }

    private func readDimensions(
        _ tensor: inout WireReader,
        _ field: WireField,
        into shape: inout Shape
    ) throws(ServingError) {
        if field.kind == .varint {
            try append(Int64(bitPattern: tensor.varint()), to: &shape)
        } else {
            var packed = tensor.inner(try tensor.bytes(of: field), message: "InferInputTensor.shape")
            while !packed.isAtEnd { try append(Int64(bitPattern: packed.varint()), to: &shape) }
        }
    }

    private func append(_ dimension: Int64, to shape: inout Shape) throws(ServingError) {
        guard shape.count < limits.dimensions else {
            throw InferRequestRules.tooMany("dimensions", limits.dimensions)
        }
        shape.append(dimension)
    }

    private mutating func noteShared(_ slice: SharedMemorySlice, _ input: InputDeclaration) throws(ServingError) {
        if input.contents.isPresent {
            throw ServingError(
                .invalidArgument,
                "unexpected 'content' provided when using shared memory for input tensor '\(input.name)' for model "
                    + "'\(envelope.modelName)'"
            )
        }
        guard sharedMemory != nil else { throw InferRequestRules.sharedMemoryDisabled }
        try sharedInputs.append(slice, toInputAt: fields.inputs.count, limit: limits.bodyBytes)
    }

    private func typed(
        _ tensor: WireReader,
        _ input: InputDeclaration,
        _ dataType: DataType
    ) throws(ServingError) -> TensorBytes {
        guard envelope.rawInputs == 0 else {
            throw ServingError(
                .invalidArgument,
                "contents field must not be specified when using raw_input_contents for '\(input.name)' for model "
                    + "'\(envelope.modelName)'"
            )
        }
        let contents = input.contents
        guard let field = try contents.field(for: dataType, input: input.name, model: envelope.modelName) else {
            return TensorBytes()
        }
        let byteCount = contents.byteCount(of: field, as: dataType)
        // Small numbers take a byte in the message and up to eight in the tensor.
        guard byteCount <= limits.bodyBytes else {
            throw Self.tooLarge(input.name, UInt64(byteCount), limits.bodyBytes)
        }
        if let range = contents.wholeTensor(of: field) { return message.slice(range) }
        return try TensorBytes(count: byteCount) { memory throws(ServingError) in
            var conversion = ContentsConversion(field: field, type: dataType, input: input.name, memory: memory)
            var tensor = tensor
            while let found = try tensor.nextField() {
                guard found.number == 5 else {
                    try tensor.skip(found)
                    continue
                }
                try conversion.take(tensor.inner(tensor.bytes(of: found), message: "InferTensorContents"))
            }
        }
    }

    private static func tooLarge(_ input: String, _ bytes: UInt64, _ limit: Int) -> ServingError {
        ServingError(
            .invalidArgument,
            "input '\(input)' has a byte_size (\(bytes) bytes) that exceeds the maximum allowed value of \(limit) bytes"
        )
    }
}

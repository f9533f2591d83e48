// SPDX-License-Identifier: Apache-2.0
internal import Inference
private import Transport

/// What a tensor's parameters say of shared memory.
private struct SharedMemoryParameters {
    var region: String?
    var offset: UInt64?
    var byteSize: UInt64?

    /// As in Triton, sizes without a region mean nothing, and those that are not given are 0.
    var slice: SharedMemorySlice? {
        region.map { SharedMemorySlice(region: $0, offset: offset ?? 0, byteSize: byteSize ?? 0) }
    }
}

/// What has been read of one object of `inputs`.
private struct InputDeclaration {
    var name: String?
    var dataType: DataType?
    var shape: Shape?
    var binarySize: UInt64?
    var sharedMemory = SharedMemoryParameters()
    var hasParameters = false
    var hasData = false
    /// Where `data` starts, if it came before what is needed to read it.
    var deferredData: Int?
    var tensor: TensorBytes?

    /// - Throws: with Triton's text, unless the content is given in exactly one way.
    func validateContent() throws(ServingError) {
        let binary = binarySize != nil
        let shared = sharedMemory.region != nil
        let ways = (hasData ? 1 : 0) + (binary ? 1 : 0) + (shared ? 1 : 0)
        guard ways != 1 else { return }
        var text =
            "Input must set only one of the following fields: 'data', 'binary_data_size' in 'parameters',"
            + " 'shared_memory_region' in 'parameters'. But"
        if ways == 0 {
            text += " no field is set"
        } else {
            text += " set"
            if hasData { text += " 'data'" }
            if binary { text += " 'binary_data_size'" }
            if shared { text += " 'shared_memory_region'" }
        }
        throw ServingError(.invalidArgument, text)
    }
}

extension InferDocument {
    mutating func readInput() throws(ServingError) -> InputTensor {
        var input = InputDeclaration()
        try openElement("inputs")
        var first = true
        while let key = try scanner.nextMember(first: &first) { try readInputMember(key, &input) }
        try input.validateContent()
        guard let name = input.name else { throw missing("name") }
        guard let dataType = input.dataType else { throw missing("datatype") }
        guard let shape = input.shape else { throw missing("shape") }
        // Said here for binary inputs too, so that no one after this meets such a shape.
        let count = try elementCount(of: shape, input: name)
        let bytes: TensorBytes
        if let slice = input.sharedMemory.slice {
            try sharedInputs.append(slice, toInputAt: fields.inputs.count, limit: limits.bodyBytes)
            bytes = TensorBytes()
        } else if let size = input.binarySize {
            bytes = try takeBinary(size, input: name)
        } else if let tensor = input.tensor {
            bytes = tensor
        } else {
            let end = scanner.position
            scanner.position = input.deferredData ?? end
            bytes = try readData(name, dataType, shape, count)
            scanner.position = end
        }
        return InputTensor(name: name, dataType: dataType, shape: shape, bytes: bytes)
    }

    private mutating func readInputMember(_ key: JSONText, _ input: inout InputDeclaration) throws(ServingError) {
        if scanner.matches(key, "name") {
            try once(input.name == nil, key)
            input.name = try tensorName(outputs: false)
        } else if scanner.matches(key, "shape") {
            try once(input.shape == nil, key)
            input.shape = try readShape()
        } else if scanner.matches(key, "datatype") {
            try once(input.dataType == nil, key)
            input.dataType = try readDataType(input.name)
        } else if scanner.matches(key, "parameters") {
            try once(!input.hasParameters, key)
            input.hasParameters = true
            try readInputParameters(&input)
        } else if scanner.matches(key, "data") {
            try once(!input.hasData, key)
            input.hasData = true
            guard let name = input.name, let dataType = input.dataType, let shape = input.shape else {
                let isArray = scanner.peekToken() == UInt8(ascii: "[")
                input.deferredData = scanner.position
                return isArray ? try scanner.skipArrayForLater() : try scanner.skipValue()
            }
            input.tensor = try readData(name, dataType, shape, elementCount(of: shape, input: name))
        } else {
            try scanner.skipValue(depth: 3)
        }
    }

    private mutating func readInputParameters(_ input: inout InputDeclaration) throws(ServingError) {
        guard try openObject("parameters") else { return }
        var first = true
        var count = 0
        while let key = try scanner.nextMember(first: &first) {
            count += 1
            guard count <= limits.parameters else { throw tooMany("parameters", limits.parameters) }
            if scanner.matches(key, "binary_data_size") {
                try once(input.binarySize == nil, key)
                input.binarySize = try unsigned("binary_data_size")
            } else if try !readSharedMemory(key, &input.sharedMemory) {
                try scanner.skipValue(depth: 4)
            }
        }
    }

    /// - Returns: `false`, nothing read, for any other parameter.
    private mutating func readSharedMemory(
        _ key: JSONText,
        _ parameters: inout SharedMemoryParameters
    ) throws(ServingError) -> Bool {
        if scanner.matches(key, "shared_memory_region") {
            try once(parameters.region == nil, key)
            parameters.region = scanner.decoded(try boundedString("shared_memory_region"))
        } else if scanner.matches(key, "shared_memory_offset") {
            try once(parameters.offset == nil, key)
            parameters.offset = try unsigned("shared_memory_offset")
        } else if scanner.matches(key, "shared_memory_byte_size") {
            try once(parameters.byteSize == nil, key)
            parameters.byteSize = try unsigned("shared_memory_byte_size")
        } else {
            return false
        }
        return true
    }

    mutating func readOutput() throws(ServingError) -> RequestedOutput {
        var name: String?
        var settings = OutputSettings()
        try openElement("outputs")
        var first = true
        while let key = try scanner.nextMember(first: &first) {
            if scanner.matches(key, "name") {
                try once(name == nil, key)
                name = try tensorName(outputs: true)
            } else if scanner.matches(key, "parameters") {
                try once(!settings.wereRead, key)
                settings = try readOutputParameters()
            } else {
                try scanner.skipValue(depth: 3)
            }
        }
        try settings.validate()
        guard let name else { throw missing("name") }
        outputPlan.list(name, binary: settings.binary ?? false)
        let classes = Int(clamping: settings.classification ?? 0)
        return RequestedOutput(
            name: name,
            classificationCount: classes,
            sharedMemory: settings.sharedMemory.slice
        )
    }

    private struct OutputSettings {
        var wereRead = false
        var binary: Bool?
        var classification: UInt64?
        var sharedMemory = SharedMemoryParameters()

        func validate() throws(ServingError) {
            guard sharedMemory.region != nil, classification != nil || binary == true else { return }
            let other = classification != nil ? "classification" : "binary_data"
            throw ServingError(
                .invalidArgument,
                "Output can't set both 'shared_memory_region' and '\(other)'"
            )
        }
    }

    private mutating func readOutputParameters() throws(ServingError) -> OutputSettings {
        var settings = OutputSettings(wereRead: true)
        guard try openObject("parameters") else { return settings }
        var first = true
        var count = 0
        while let key = try scanner.nextMember(first: &first) {
            count += 1
            guard count <= limits.parameters else { throw tooMany("parameters", limits.parameters) }
            if scanner.matches(key, "binary_data") {
                try once(settings.binary == nil, key)
                settings.binary = try bool("binary_data")
            } else if scanner.matches(key, "classification") {
                try once(settings.classification == nil, key)
                settings.classification = try unsigned("classification")
            } else if try !readSharedMemory(key, &settings.sharedMemory) {
                try scanner.skipValue(depth: 4)
            }
        }
        return settings
    }
}

extension InferDocument {
    private mutating func openElement(_ array: StaticString) throws(ServingError) {
        if scanner.take(UInt8(ascii: "{")) { return }
        throw try notA("object", array)
    }

    private func missing(_ member: StaticString) -> ServingError {
        ServingError(
            .invalidArgument,
            "Unable to parse '\(member)': attempt to access non-existing object member '\(member)'"
        )
    }

    /// A tensor's name: the model's own string where it has one of that name, which costs no allocation.
    private mutating func tensorName(outputs: Bool) throws(ServingError) -> String {
        let text = try boundedString("name")
        if text.hasEscapes || text.decodedCount <= 15 { return scanner.decoded(text) }
        let bytes = UnsafeRawBufferPointer(start: scanner.base + text.start, count: text.decodedCount)
        for spec in outputs ? model.outputs : model.inputs
        where spec.name.utf8.count == bytes.count && spec.name.utf8.elementsEqual(bytes) {
            return spec.name
        }
        return scanner.decoded(text)
    }

    private mutating func readDataType(_ input: String?) throws(ServingError) -> DataType {
        let text = try boundedString("datatype")
        if scanner.matches(text, "FP32") { return .fp32 }
        if let type = DataType(wireName: scanner.decoded(text)) { return type }
        throw InferRequestRules.unknownDataType(excerpt(text), input: input)
    }

    private mutating func readShape() throws(ServingError) -> Shape {
        guard scanner.peekToken() == UInt8(ascii: "[") else { throw try notA("array", "shape") }
        scanner.position += 1
        var shape = Shape()
        var first = true
        while try scanner.nextElement(first: &first) {
            guard shape.count < limits.dimensions else { throw tooMany("dimensions", limits.dimensions) }
            // What exceeds Int64 becomes negative, as in Triton, and is refused with the shape that it makes.
            shape.append(Int64(truncatingIfNeeded: try unsigned("shape")))
        }
        return shape
    }

    private func elementCount(of shape: Shape, input: String) throws(ServingError) -> Int {
        try InferRequestRules.elementCount(of: shape, input: input, model: model, limits: limits)
    }

    private mutating func readData(
        _ name: String,
        _ dataType: DataType,
        _ shape: Shape,
        _ count: Int
    ) throws(ServingError) -> TensorBytes {
        let tensor = JSONTensor(
            input: name,
            dataType: dataType,
            shape: shape,
            elementCount: count,
            limits: limits
        )
        return try tensor.read(&scanner)
    }

    private mutating func takeBinary(_ size: UInt64, input: String) throws(ServingError) -> TensorBytes {
        let available = body.count - binaryOffset
        guard size <= UInt64(available) else {
            throw ServingError(
                .invalidArgument,
                "unexpected size for input '\(input)', expecting \(size - UInt64(available)) additional bytes for model"
                    + " '\(model.name)'"
            )
        }
        let start = binaryOffset
        binaryOffset += Int(size)
        return body.slice(start..<binaryOffset)
    }
}

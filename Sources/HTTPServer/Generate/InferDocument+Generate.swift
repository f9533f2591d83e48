// SPDX-License-Identifier: Apache-2.0
package import Inference
internal import Transport

/// Reads the body of a generate request: a flat object whose members are inputs, as far as the model has inputs of those
/// names, and custom parameters otherwise.
package enum GenerateRequestReader {
    /// - Throws: `.invalidArgument` with Triton's texts.
    package static func read(
        body: TensorBytes,
        model: any ServableModel,
        limits: RequestLimits
    ) throws(ServingError) -> DecodedInferRequest {
        guard body.count <= limits.jsonBytes else {
            throw ServingError(
                .invalidArgument,
                "request JSON size of \(body.count) bytes exceeds the maximum allowed input size of"
                    + " \(limits.jsonBytes) bytes. \(limits.inputSizeHint)"
            )
        }
        return try body.withUnsafeBytes { memory throws(ServingError) in
            var document = InferDocument(
                scanner: JSONScanner(memory, depthLimit: limits.jsonDepth),
                body: body,
                headerLength: body.count,
                model: model,
                limits: limits
            )
            try document.readGenerate()
            return DecodedInferRequest(fields: document.fields, outputPlan: OutputPlan(binaryByDefault: false))
        }
    }
}

extension InferDocument {
    private static let nestedKeyword = "parameters"

    fileprivate mutating func readGenerate() throws(ServingError) {
        guard let token = scanner.peekToken() else { throw scanner.fault(.empty) }
        // The syntax of all of it comes first, so that whatever is found later is a fault of meaning.
        var check = scanner
        try check.skipValue()
        try check.finish()
        guard token == UInt8(ascii: "{") else {
            throw ServingError(.invalidArgument, "attempt to access JSON non-object as object: the request")
        }
        var names = NameSet()
        try readMembers(&names, isNested: false)
    }

    private mutating func readMembers(_ names: inout NameSet, isNested: Bool) throws(ServingError) {
        scanner.position += 1
        var first = true
        var hasNested = false
        while let key = try scanner.nextMember(first: &first) {
            guard key.decodedCount <= limits.stringBytes else { throw tooLong("key", key.decodedCount) }
            let name = scanner.decoded(key)
            if !isNested, name == Self.nestedKeyword {
                try once(!hasNested, key)
                hasNested = true
                try readNested(&names)
            } else {
                try once(names.insert(name), key)
                if !isNested, name == "id" { try readID() }
                try readMapped(name, key)
            }
        }
    }

    private mutating func readNested(_ names: inout NameSet) throws(ServingError) {
        let keyword = Self.nestedKeyword
        if model.inputs.contains(where: { $0.name == keyword }) {
            throw ServingError(
                .invalidArgument,
                "Keyword '\(keyword)' for nested schema also given as input tensor name"
            )
        }
        guard scanner.peekToken() == UInt8(ascii: "{") else {
            throw ServingError(
                .invalidArgument,
                "Expected JSON object for keyword: '\(keyword)': attempt to access JSON non-object as object"
            )
        }
        do throws(ServingError) {
            try readMembers(&names, isNested: true)
        } catch {
            var named = error
            named.message = "Converting keyword: '\(keyword)': " + error.message
            throw named
        }
    }

    /// The id is a parameter as well, so it is left to be read again.
    private mutating func readID() throws(ServingError) {
        _ = scanner.peekToken()
        let start = scanner.position
        fields.id = scanner.decoded(try boundedString("id"))
        scanner.position = start
    }

    private mutating func readMapped(_ name: String, _ key: JSONText) throws(ServingError) {
        if let spec = model.inputs.first(where: { $0.name == name }) {
            guard fields.inputs.count < limits.inputs else { throw tooMany("inputs", limits.inputs) }
            fields.inputs.append(try readTensor(spec))
        } else {
            guard fields.parameters.count < limits.parameters else { throw tooMany("parameters", limits.parameters) }
            fields.parameters.append(Parameter(name: name, value: try readParameterValue(key)))
        }
    }

    /// A value by itself, or an array of them.
    private mutating func readTensor(_ spec: TensorSpec) throws(ServingError) -> InputTensor {
        let isArray = scanner.peekToken() == UInt8(ascii: "[")
        let elementCount = isArray ? try countElements() : 1
        let shape = try GenerateShape.deduce(
            model.maxBatchSize > 0 ? spec.shape.prepending(-1) : spec.shape,
            elementCount: elementCount,
            input: spec.name
        )
        _ = try InferRequestRules.elementCount(of: shape, input: spec.name, model: model, limits: limits)
        let tensor = JSONTensor(
            input: spec.name,
            dataType: spec.dataType,
            shape: shape,
            elementCount: elementCount,
            limits: limits
        )
        let bytes = isArray ? try tensor.read(&scanner) : try readScalar(of: tensor)
        return InputTensor(name: spec.name, dataType: spec.dataType, shape: shape, bytes: bytes)
    }

    private func countElements() throws(ServingError) -> Int {
        var counter = scanner
        counter.position += 1
        var count = 0
        var first = true
        while try counter.nextElement(first: &first) {
            try counter.skipValue(depth: 2)
            count += 1
        }
        return count
    }

    /// Read as an array of one, so that there is one reader of elements.
    private mutating func readScalar(of tensor: JSONTensor) throws(ServingError) -> TensorBytes {
        let start = scanner.position
        try scanner.skipValue(depth: 2)
        let text = UnsafeRawBufferPointer(start: scanner.base + start, count: scanner.position - start)
        var array: [UInt8] = []
        array.reserveCapacity(text.count + 2)
        array.append(UInt8(ascii: "["))
        array += text
        array.append(UInt8(ascii: "]"))
        let depthLimit = scanner.depthLimit
        return try array.withUnsafeBufferPointer { memory throws(ServingError) in
            var reader = JSONScanner(UnsafeRawBufferPointer(memory), depthLimit: depthLimit)
            return try tensor.read(&reader)
        }
    }
}

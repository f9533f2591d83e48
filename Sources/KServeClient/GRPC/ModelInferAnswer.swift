// SPDX-License-Identifier: Apache-2.0
internal import Inference

extension InferenceAnswer {
    /// - Parameter message: a `ModelInferResponse`.
    /// - Throws: ``ClientError/badAnswer(_:)`` naming the output that does not add up.
    package init(modelInferResponse message: ArraySlice<UInt8>) throws(ClientError) {
        var name = ""
        var version = ""
        var id = ""
        var parameters: [JSONMember] = []
        var outputs: [OutputMessage] = []
        var raw: [ArraySlice<UInt8>] = []
        var reader = ProtobufReader(message)
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try field.value.text()
            case 2: version = try field.value.text()
            case 3: id = try field.value.text()
            case 4: parameters.append(try Self.parameter(field.value.content()))
            case 5: outputs.append(try OutputMessage(field.value.content()))
            case 6: raw.append(try field.value.content())
            default: break
            }
        }
        var members = [JSONMember("model_name", .string(name)), JSONMember("model_version", .string(version))]
        if !id.isEmpty { members.append(JSONMember("id", .string(id))) }
        if !parameters.isEmpty { members.append(JSONMember("parameters", .object(parameters))) }
        self.init(
            modelName: name,
            modelVersion: version,
            id: id.isEmpty ? nil : id,
            outputs: try Self.tensors(outputs, raw: raw),
            header: .object(members)
        )
    }

    private static func tensors(
        _ outputs: [OutputMessage],
        raw: [ArraySlice<UInt8>]
    ) throws(ClientError) -> [ClientTensor] {
        guard raw.isEmpty || raw.count == outputs.count else {
            throw .badAnswer("\(outputs.count) outputs, but the bytes of \(raw.count)")
        }
        var tensors: [ClientTensor] = []
        for (index, output) in outputs.enumerated() {
            let bytes = raw.isEmpty ? try output.contentBytes() : Array(raw[index])
            tensors.append(
                ClientTensor(name: output.name, dataType: output.dataType, shape: output.shape, bytes: bytes)
            )
        }
        return tensors
    }

    /// An entry of a map of `InferParameter`.
    private static func parameter(_ entry: ArraySlice<UInt8>) throws(ClientError) -> JSONMember {
        var name = ""
        var value = JSONValue.null
        var reader = ProtobufReader(entry)
        while let field = try reader.next() {
            if field.number == 1 { name = try field.value.text() }
            if field.number == 2 { value = try parameterValue(field.value.content()) }
        }
        return JSONMember(name, value)
    }

    private static func parameterValue(_ message: ArraySlice<UInt8>) throws(ClientError) -> JSONValue {
        var value = JSONValue.null
        var reader = ProtobufReader(message)
        while let field = try reader.next() {
            switch (field.number, field.value) {
            case (1, .varint(let flag)): value = .bool(flag != 0)
            case (2, .varint(let number)): value = .integer(Int64(bitPattern: number))
            case (3, .bytes(let text)): value = .string(String(decoding: text, as: UTF8.self))
            case (4, .fixed64(let bits)): value = .number(Double(bitPattern: bits))
            case (5, .varint(let number)): value = Int64(exactly: number).map { .integer($0) } ?? .unsigned(number)
            default: break
            }
        }
        return value
    }
}

/// An `InferOutputTensor` before it is known where its bytes are.
private struct OutputMessage {
    var name = ""
    var dataType: DataType
    var shape: [Int64] = []
    private var contents: ArraySlice<UInt8> = []

    init(_ message: ArraySlice<UInt8>) throws(ClientError) {
        var typeName = ""
        var reader = ProtobufReader(message)
        while let field = try reader.next() {
            switch (field.number, field.value) {
            case (1, _): name = try field.value.text()
            case (2, _): typeName = try field.value.text()
            case (3, .varint(let dimension)): shape.append(Int64(bitPattern: dimension))
            case (3, _): shape += try ProtobufReader.packed(field.value.content()).map { Int64(bitPattern: $0) }
            case (5, _): contents = try field.value.content()
            default: break
            }
        }
        guard let type = DataType(wireName: typeName) else {
            throw .badAnswer("output '\(name)' has no known datatype")
        }
        dataType = type
    }

    /// The tensor's bytes from typed contents, which servers other than Triton answer with.
    func contentBytes() throws(ClientError) -> [UInt8] {
        var bytes: [UInt8] = []
        var reader = ProtobufReader(contents)
        while let field = try reader.next() {
            switch field.value {
            case .bytes(let element) where field.number == 8:
                append(UInt32(truncatingIfNeeded: element.count), size: 4, to: &bytes)
                bytes += element
            case .bytes(let packed) where field.number == 6 || field.number == 7: bytes += packed
            case .bytes(let packed):
                for number in try ProtobufReader.packed(packed) { append(number, size: elementSize, to: &bytes) }
            case .varint(let number): append(number, size: elementSize, to: &bytes)
            case .fixed32(let bits): append(bits, size: 4, to: &bytes)
            case .fixed64(let bits): append(bits, size: 8, to: &bytes)
            }
        }
        return bytes
    }

    private var elementSize: Int { dataType.byteSize ?? 0 }

    private func append(_ bits: some UnsignedInteger, size: Int, to bytes: inout [UInt8]) {
        let wide = UInt64(truncatingIfNeeded: bits)
        for index in 0..<size { bytes.append(UInt8(truncatingIfNeeded: wide >> UInt64(8 * index))) }
    }
}

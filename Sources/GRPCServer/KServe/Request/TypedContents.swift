// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// The elements of one `InferTensorContents`: counted first, then converted, so that memory is asked for once and for
/// what is there, not for what a shape says.
struct TypedContents {
    /// The fields of the message, by their numbers.
    enum Field: Int, CaseIterable {
        case bool = 1
        case int, int64, uint, uint64, fp32, fp64, bytes

        /// - Returns: what Triton says that this field holds, given what the input says that it is.
        func dataType(for declared: DataType) -> DataType {
            switch self {
            case .bool: .bool
            case .int: declared == .int8 || declared == .int16 ? declared : .int32
            case .int64: .int64
            case .uint: declared == .uint8 || declared == .uint16 ? declared : .uint32
            case .uint64: .uint64
            case .fp32: .fp32
            case .fp64: .fp64
            case .bytes: .bytes
            }
        }
    }

    private var counts = InlineArray<9, Int>(repeating: 0)
    /// Bytes of all elements of `bytes_contents`.
    private var textBytes = 0
    /// Runs of packed or single elements, over all fields.
    private var runs = 0
    /// Where the last run lies, if it was packed.
    private var lastPacked: Range<Int>?
    private(set) var isPresent = false

    /// Counts what an occurrence of the message holds; a later one continues the earlier, as protobuf merges them.
    mutating func count(_ contents: WireReader) throws(ServingError) {
        isPresent = true
        var reader = contents
        while let field = try reader.nextField() {
            guard let kind = Field(rawValue: field.number) else {
                try reader.skip(field)
                continue
            }
            runs += 1
            lastPacked = nil
            if kind == .bytes {
                textBytes += try reader.bytes(of: field).count
                counts[kind.rawValue] += 1
            } else if field.kind == .bytes {
                let range = try reader.bytes(of: field)
                counts[kind.rawValue] += try Self.packedCount(reader.inner(range, message: "InferTensorContents"), kind)
                lastPacked = range
            } else {
                try Self.skipSingle(&reader, field, kind)
                counts[kind.rawValue] += 1
            }
        }
    }

    private static func packedCount(_ packed: WireReader, _ kind: Field) throws(ServingError) -> Int {
        var reader = packed
        var count = 0
        while !reader.isAtEnd {
            switch kind {
            case .fp32: _ = try reader.fixed32()
            case .fp64: _ = try reader.fixed64()
            default: _ = try reader.varint()
            }
            count += 1
        }
        return count
    }

    private static func skipSingle(
        _ reader: inout WireReader,
        _ field: WireField,
        _ kind: Field
    ) throws(ServingError) {
        let expected: WireField.Kind = kind == .fp32 ? .fixed32 : kind == .fp64 ? .fixed64 : .varint
        guard field.kind == expected else { throw reader.fault("field \(field.number) has the wrong wire type") }
        try reader.skip(field)
    }

    /// The field that has elements; `nil` if none has.
    /// - Throws: with Triton's texts, if there are several or it does not go with the data type.
    func field(for declared: DataType, input: String, model: String) throws(ServingError) -> Field? {
        var found: Field?
        for field in Field.allCases where counts[field.rawValue] > 0 {
            let place = "unexpected explicit tensor data for input tensor '\(input)' for model '\(model)'"
            guard found == nil else {
                throw ServingError(.invalidArgument, "\(place), binary data was already supplied.")
            }
            let held = field.dataType(for: declared)
            guard held == declared else {
                throw ServingError(
                    .invalidArgument,
                    "\(place) of type '\(held.wireName)', expected datatype '\(declared.wireName)'"
                )
            }
            found = field
        }
        return found
    }

    func elementCount(of field: Field) -> Int { counts[field.rawValue] }

    /// Bytes of the tensor that the elements of `field` make.
    func byteCount(of field: Field, as type: DataType) -> Int {
        guard let size = type.byteSize else { return textBytes + counts[field.rawValue] * BytesTensor.lengthSize }
        return counts[field.rawValue] * size
    }

    /// Where all elements lie just as a tensor has them: one packed run of floating-point numbers.
    func wholeTensor(of field: Field) -> Range<Int>? {
        (field == .fp32 || field == .fp64) && runs == 1 ? lastPacked : nil
    }
}

// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// The classification extension: the highest values of an output with their positions and labels, as strings.
package enum Classification {
    /// Elements of one batch entry that may be sorted; Triton's bound.
    package static let elementLimit = 1_000_000

    /// - Parameters:
    ///   - count: how many classes to return for each batch entry; more than there are elements means all.
    ///   - labels: names of the elements in order; may be shorter than the tensor.
    ///   - batched: whether the first dimension counts batch entries.
    /// - Returns: a ``DataType/bytes`` tensor of shape `[batch, min(count, n)]` (`[min(count, n)]` if not batched)
    ///   whose elements read `value:index:label`, or `value:index` where the label is blank or missing, highest value
    ///   first. Equal values come in order of
    ///   their indices, and NaN after every number.
    /// - Throws: `.invalidArgument` with Triton's texts for a type without an order or too many elements.
    package static func classify(
        _ output: OutputTensor,
        count: Int,
        labels: [String],
        batched: Bool
    ) throws(ServingError) -> OutputTensor {
        let hasBatch = batched && output.shape.count > 0
        let entryShape = hasBatch ? output.shape.droppingFirst : output.shape
        guard let elements = entryShape.elementCount, let total = output.shape.elementCount,
            let size = output.dataType.byteSize, output.bytes.count == total * size
        else {
            guard output.dataType.byteSize != nil else { throw unsupported(output.dataType) }
            throw ServingError(
                .internalError,
                "output tensor shape does not match size of output for '\(output.name)'"
            )
        }
        guard elements <= elementLimit else {
            throw ServingError(.invalidArgument, "classification output tensor too large")
        }
        let entries = hasBatch ? Int(output.shape[0]) : 1
        let kept = min(max(count, 0), elements)
        let ranking = Ranking(bytes: output.bytes, elements: elements, entries: entries, kept: kept, labels: labels)
        let texts = try ranking.texts(of: output.dataType)
        guard let bytes = BytesTensor.encode(texts) else {
            throw ServingError(.internalError, "classification label of output '\(output.name)' is too long")
        }
        var shape = Shape()
        if hasBatch { shape.append(Int64(entries)) }
        shape.append(Int64(kept))
        return OutputTensor(name: output.name, dataType: .bytes, shape: shape, bytes: bytes)
    }

    fileprivate static func unsupported(_ type: DataType) -> ServingError {
        ServingError(
            .invalidArgument,
            "class result not available for output due to unsupported type '\(type.wireName)'"
        )
    }
}

private struct Ranking {
    var bytes: TensorBytes
    var elements: Int
    var entries: Int
    var kept: Int
    var labels: [String]

    func texts(of type: DataType) throws(ServingError) -> [[UInt8]] {
        switch type {
        case .uint8: integers(UInt8.self)
        case .uint16: integers(UInt16.self)
        case .uint32: integers(UInt32.self)
        case .uint64: integers(UInt64.self)
        case .int8: integers(Int8.self)
        case .int16: integers(Int16.self)
        case .int32: integers(Int32.self)
        case .int64: integers(Int64.self)
        case .fp32: ranked(Float.self) { Self.fixedPoint(Double($0)) }
        case .fp64: ranked(Double.self) { Self.fixedPoint($0) }
        case .bool, .fp16, .bf16, .bytes: throw Classification.unsupported(type)
        }
    }

    private func integers<Value: FixedWidthInteger & BitwiseCopyable>(_: Value.Type) -> [[UInt8]] {
        ranked(Value.self) { String($0) }
    }

    private func ranked<Value: Comparable & BitwiseCopyable>(
        _: Value.Type,
        _ print: (Value) -> String
    ) -> [[UInt8]] {
        bytes.withUnsafeBytes { memory in
            var texts: [[UInt8]] = []
            // Without elements the number of entries is only what a shape says.
            guard kept > 0 else { return texts }
            texts.reserveCapacity(entries * kept)
            for entry in 0..<entries {
                let start = entry * elements * MemoryLayout<Value>.size
                let value = { (index: Int) in
                    memory.loadUnaligned(fromByteOffset: start + index * MemoryLayout<Value>.size, as: Value.self)
                }
                for index in highest(value) {
                    var text = print(value(index)) + ":" + String(index)
                    if index < labels.count, !labels[index].isEmpty { text += ":" + labels[index] }
                    texts.append(Array(text.utf8))
                }
            }
            return texts
        }
    }

    /// The positions of the `kept` highest values, highest first.
    private func highest<Value: Comparable>(_ value: (Int) -> Value) -> [Int] {
        func precedes(_ left: Int, _ right: Int) -> Bool {
            let (a, b) = (value(left), value(right))
            let (leftIsNumber, rightIsNumber) = (a == a, b == b)
            guard leftIsNumber && rightIsNumber else {
                return leftIsNumber == rightIsNumber ? left < right : leftIsNumber
            }
            return a == b ? left < right : a > b
        }
        // Beyond this many an insertion costs more than sorting everything once.
        guard kept <= 64 else { return Array((0..<elements).sorted(by: precedes).prefix(kept)) }
        var best: [Int] = []
        best.reserveCapacity(kept + 1)
        for index in 0..<elements {
            if best.count == kept && !precedes(index, best[kept - 1]) { continue }
            best.insert(index, at: best.firstIndex { precedes(index, $0) } ?? best.count)
            if best.count > kept { best.removeLast() }
        }
        return best
    }

    /// As C's `%f` prints it: six decimals, at most 309 digits before them.
    private static func fixedPoint(_ value: Double) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 384) { buffer in
            let length = withVaList([value]) { vsnprintf(buffer.baseAddress!, buffer.count, "%f", $0) }
            let text = UnsafeBufferPointer(rebasing: buffer[0..<min(Int(length), buffer.count - 1)])
            return String(decoding: UnsafeRawBufferPointer(text), as: UTF8.self)
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// An element type that JSON arrays can be read into.
private protocol JSONElement: BitwiseCopyable {
    /// Takes one element; takes nothing and answers `nil` if the next token is not one.
    static func read(_ scanner: inout JSONScanner, _ tables: DecimalTables.View) throws(ServingError) -> Self?
}

extension JSONElement where Self: FixedWidthInteger {
    @inline(__always)
    static func read(_ scanner: inout JSONScanner, _ tables: DecimalTables.View) throws(ServingError) -> Self? {
        scanner.integer(Self.self)
    }
}

extension UInt8: JSONElement {}
extension UInt16: JSONElement {}
extension UInt32: JSONElement {}
extension UInt64: JSONElement {}
extension Int8: JSONElement {}
extension Int16: JSONElement {}
extension Int32: JSONElement {}
extension Int64: JSONElement {}

extension JSONScanner {
    /// Whether the next token starts like a number, so that what is wrong with it is a fault of syntax.
    @inline(__always)
    fileprivate var startsNumber: Bool {
        guard position < end else { return true }
        switch byte(at: position) {
        case UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
            return false
        default: return true
        }
    }
}

extension Double: JSONElement {
    @inline(__always)
    static func read(_ scanner: inout JSONScanner, _ tables: DecimalTables.View) throws(ServingError) -> Double? {
        scanner.startsNumber ? try scanner.double(tables) : nil
    }
}

extension Float: JSONElement {
    /// Rounded twice, to `Double` and then to `Float`, as Triton does.
    @inline(__always)
    static func read(_ scanner: inout JSONScanner, _ tables: DecimalTables.View) throws(ServingError) -> Float? {
        scanner.startsNumber ? Float(try scanner.double(tables)) : nil
    }
}

private struct JSONBool: JSONElement {
    var byte: UInt8

    @inline(__always)
    static func read(_ scanner: inout JSONScanner, _ tables: DecimalTables.View) throws(ServingError) -> JSONBool? {
        if scanner.takeLiteral("true") { return JSONBool(byte: 1) }
        if scanner.takeLiteral("false") { return JSONBool(byte: 0) }
        return nil
    }
}

/// Reads the `data` of one input, an array nested in any way, straight into a tensor's memory.
struct JSONTensor {
    var input: String
    var dataType: DataType
    var shape: Shape
    /// The product of `shape`.
    var elementCount: Int
    var limits: RequestLimits

    /// - Parameter scanner: stands before the array's bracket, and after it when this returns.
    func read(_ scanner: inout JSONScanner) throws(ServingError) -> TensorBytes {
        guard scanner.peekToken() == UInt8(ascii: "[") else {
            try scanner.skipValue()
            throw ServingError(
                .invalidArgument,
                "Unable to parse 'data': attempt to access JSON non-array as array for input '\(input)'"
            )
        }
        return switch dataType {
        case .bool: try numbers(JSONBool.self, &scanner)
        case .uint8: try numbers(UInt8.self, &scanner)
        case .uint16: try numbers(UInt16.self, &scanner)
        case .uint32: try numbers(UInt32.self, &scanner)
        case .uint64: try numbers(UInt64.self, &scanner)
        case .int8: try numbers(Int8.self, &scanner)
        case .int16: try numbers(Int16.self, &scanner)
        case .int32: try numbers(Int32.self, &scanner)
        case .int64: try numbers(Int64.self, &scanner)
        case .fp32: try numbers(Float.self, &scanner)
        case .fp64: try numbers(Double.self, &scanner)
        case .bytes: try strings(&scanner)
        case .fp16, .bf16:
            throw ServingError(
                .invalidArgument,
                "receiving \(dataType.wireName) data via JSON is not supported. Please use the binary data format"
                    + " for input \(input)"
            )
        }
    }

    private func numbers<Element: JSONElement>(
        _: Element.Type,
        _ scanner: inout JSONScanner
    ) throws(ServingError) -> TensorBytes {
        let (byteCount, overflow) = elementCount.multipliedReportingOverflow(by: MemoryLayout<Element>.size)
        if overflow {
            throw ServingError(
                .invalidArgument,
                "byte size overflow for input '\(input)': element count (\(elementCount)) * data type size"
                    + " (\(MemoryLayout<Element>.size)) exceeds maximum allowed size (\(Int64.max))"
            )
        }
        try checkSize(byteCount)
        // Each element takes a byte at least and one more to part it from the next: what cannot fit is not allocated.
        if elementCount > (scanner.end - scanner.position) / 2 { throw tooFew(nil) }
        if elementCount == 0 {
            try fill(UnsafeMutablePointer<Element>(bitPattern: MemoryLayout<Element>.alignment)!, &scanner)
            return TensorBytes()
        }
        return try TensorBytes(count: byteCount) { memory throws(ServingError) in
            // SAFETY: 64-byte aligned, room for exactly `elementCount` elements, and `fill` counts them.
            try fill(memory.baseAddress!.assumingMemoryBound(to: Element.self), &scanner)
        }
    }

    private func fill<Element: JSONElement>(
        _ target: UnsafeMutablePointer<Element>,
        _ scanner: inout JSONScanner
    ) throws(ServingError) {
        try DecimalTables.shared.withView { tables throws(ServingError) in
            // A local scanner stays in registers; one behind `inout` is written back at every step.
            var local = scanner
            var walk = ArrayWalk()
            while try walk.nextElement(&local) {
                guard walk.count < elementCount else { throw tooMany() }
                guard let element = try Element.read(&local, tables) else { throw mismatch(walk.count, local) }
                target[walk.count] = element
                walk.count += 1
            }
            guard walk.count == elementCount else { throw tooFew(walk.count) }
            scanner = local
        }
    }

    private func strings(_ scanner: inout JSONScanner) throws(ServingError) -> TensorBytes {
        let start = scanner.position
        let byteCount = try measureStrings(&scanner)
        let end = scanner.position
        let bytes = try TensorBytes(count: byteCount) { memory throws(ServingError) in
            scanner.position = start
            var offset = 0
            var walk = ArrayWalk()
            while try walk.nextElement(&scanner) {
                let text = try scanner.string()
                memory.storeBytes(of: UInt32(text.decodedCount).littleEndian, toByteOffset: offset, as: UInt32.self)
                offset += BytesTensor.lengthSize
                // SAFETY: the first pass over the same bytes added up exactly these lengths.
                scanner.decode(text, into: memory.baseAddress! + offset)
                offset += text.decodedCount
            }
        }
        scanner.position = end
        return bytes
    }

    /// Bytes of the tensor that the array makes.
    private func measureStrings(_ scanner: inout JSONScanner) throws(ServingError) -> Int {
        var byteCount = 0
        var walk = ArrayWalk()
        while try walk.nextElement(&scanner) {
            guard walk.count < elementCount else { throw tooMany() }
            guard scanner.peekToken() == UInt8(ascii: "\"") else { throw mismatch(walk.count, scanner) }
            byteCount += try scanner.string().decodedCount + BytesTensor.lengthSize
            walk.count += 1
        }
        guard walk.count == elementCount else { throw tooFew(walk.count) }
        try checkSize(byteCount)
        return byteCount
    }
}

/// The brackets and commas of an array that may hold arrays.
private struct ArrayWalk {
    var count = 0
    private var depth = 0
    private var expectsValue = true

    /// Moves to the next element, however deep it lies.
    /// - Returns: `false` once the outermost bracket has been closed.
    @inline(__always)
    mutating func nextElement(_ scanner: inout JSONScanner) throws(ServingError) -> Bool {
        while true {
            guard let token = scanner.peekToken() else { throw scanner.fault(expectsValue ? .value : .elementComma) }
            if expectsValue {
                // One comparison for `[`, and for `]` and the backslash, which begin no value.
                guard token &- UInt8(ascii: "[") <= 2 else {
                    expectsValue = false
                    return true
                }
                try open(&scanner)
                continue
            }
            guard token == UInt8(ascii: ",") else {
                guard token == UInt8(ascii: "]") else { throw scanner.fault(.elementComma) }
                scanner.position += 1
                depth -= 1
                if depth == 0 { return false }
                continue
            }
            scanner.position += 1
            expectsValue = true
        }
    }

    @inline(never)
    private mutating func open(_ scanner: inout JSONScanner) throws(ServingError) {
        guard let token = scanner.peekToken(), token == UInt8(ascii: "[") else {
            throw scanner.fault(scanner.peekToken() == UInt8(ascii: "]") ? .trailingComma : .value)
        }
        guard depth < scanner.depthLimit else {
            throw JSONFault.tooDeep(limit: scanner.depthLimit, at: scanner.position)
        }
        depth += 1
        scanner.position += 1
        if scanner.peekToken() == UInt8(ascii: "]") { expectsValue = false }
    }
}

extension JSONTensor {
    private func checkSize(_ byteCount: Int) throws(ServingError) {
        guard byteCount > limits.jsonBytes else { return }
        throw ServingError(
            .invalidArgument,
            "JSON input '\(input)' has a byte_size (\(byteCount) bytes) that exceeds the maximum allowed value of"
                + " \(limits.jsonBytes) bytes. \(limits.inputSizeHint)"
        )
    }

    private func tooMany() -> ServingError {
        ServingError(
            .invalidArgument,
            "Unable to parse 'data': Shape does not match true shape of 'data' field for input '\(input)':"
                + " more than the \(elementCount) elements of shape \(shape)"
        )
    }

    /// - Parameter found: `nil` if they were not counted because there cannot be enough.
    private func tooFew(_ found: Int?) -> ServingError {
        ServingError(
            .invalidArgument,
            "Failed to parse 'data' field: shape does not match true shape for input '\(input)': shape \(shape) has"
                + " \(elementCount) elements, 'data' has \(found.map { "\($0)" } ?? "fewer")"
        )
    }

    /// Why the next value cannot be the element at `index`: broken syntax, another type, or out of range.
    private func mismatch(_ index: Int, _ scanner: JSONScanner) -> ServingError {
        var reader = scanner
        let start = reader.position
        do throws(ServingError) {
            try reader.skipValue()
        } catch {
            return error
        }
        let place = "for input '\(input)' at element \(index)"
        let isSigned = [.int8, .int16, .int32, .int64].contains(dataType)
        let isInteger = isSigned || [.uint8, .uint16, .uint32, .uint64].contains(dataType)
        if isInteger, (start..<reader.position).allSatisfy({ (0x2D...0x39).contains(reader.byte(at: $0)) }),
            !(start..<reader.position).contains(where: { reader.byte(at: $0) == UInt8(ascii: ".") })
        {
            let digits = UnsafeRawBufferPointer(start: reader.base + start, count: min(reader.position - start, 32))
            return ServingError(
                .invalidArgument,
                "Unable to parse 'data': value \(String(decoding: digits, as: UTF8.self)) is out of range of"
                    + " \(dataType.wireName) \(place)"
            )
        }
        let type =
            switch dataType {
            case .bool: "boolean as boolean"
            case .bytes: "string as string"
            case .fp32, .fp64: "number as double"
            default: isSigned ? "signed-integer as signed-integer" : "unsigned-integer as unsigned-integer"
            }
        return ServingError(
            .invalidArgument,
            "Unable to parse 'data': attempt to access JSON non-\(type) \(place)"
        )
    }
}

// SPDX-License-Identifier: Apache-2.0
import Inference
import KServeClient

/// Makes the tensors of the request that a benchmark repeats.
struct BenchInput {
    enum Content: Equatable {
        case zeros, random
    }

    /// A larger tensor is asked for by mistake, or as an attack on this machine by a server's metadata.
    static let maximumBytes = 1 << 30

    /// - Parameters:
    ///   - metadata: what the server says of the model.
    ///   - shapes: `NAME` → dimensions, in place of what the metadata says.
    static func tensors(
        metadata: JSONValue,
        shapes: [String: [Int64]],
        content: Content
    ) throws(ClientError) -> [ClientTensor] {
        guard let inputs = metadata["inputs"]?.elements, !inputs.isEmpty else {
            throw .badInput("the server names no inputs of this model: give a request with --input-data FILE")
        }
        var generator = SplitMix64(seed: 1)
        var tensors: [ClientTensor] = []
        var unused = Set(shapes.keys)
        for input in inputs {
            guard let name = input["name"]?.text, let typeName = input["datatype"]?.text,
                let type = DataType(wireName: typeName), let declared = input["shape"]?.dimensions
            else { throw .badAnswer("the model's metadata describes an input without name, datatype or shape") }
            unused.remove(name)
            let shape = shapes[name] ?? declared.map { $0 < 0 ? 1 : $0 }
            let bytes = try elements(of: type, shape: shape, name: name, content: content, from: &generator)
            tensors.append(ClientTensor(name: name, dataType: type, shape: shape, bytes: bytes))
        }
        if let name = unused.min() { throw .badInput("--shape names '\(name)', which is no input of this model") }
        return tensors
    }

    private static func elements(
        of type: DataType,
        shape: [Int64],
        name: String,
        content: Content,
        from generator: inout SplitMix64
    ) throws(ClientError) -> [UInt8] {
        guard let count = Shape(shape).elementCount,
            case let (size, overflow) = count.multipliedReportingOverflow(by: type.byteSize ?? 5), !overflow,
            size <= maximumBytes
        else { throw .badInput("input '\(name)' with shape \(Shape(shape)) is too large to be made up") }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        for _ in 0..<count { append(content == .zeros ? 0 : generator.next(), as: type, to: &bytes) }
        return bytes
    }

    /// One element from random bits: floating point in 0..<1, integers of seven bits, which fit every type.
    private static func append(_ bits: UInt64, as type: DataType, to bytes: inout [UInt8]) {
        let fraction = Float(bits >> 40) * 0x1p-24
        switch type {
        case .fp32: append(fraction.bitPattern, to: &bytes)
        case .fp64: append(Double(fraction).bitPattern, to: &bytes)
        case .bf16: append(UInt16(fraction.bitPattern >> 16), to: &bytes)
        // Exponent bits of 2^-15 and above with a random fraction: any pattern of the low 13 bits is finite and below 1.
        case .fp16: append(UInt16(bits & 0x1FFF), to: &bytes)
        case .bool: bytes.append(UInt8(bits & 1))
        case .bytes:
            append(UInt32(1), to: &bytes)
            bytes.append(UInt8(ascii: "a") + UInt8(bits % 26))
        case .uint8, .int8: bytes.append(UInt8(bits & 0x7F))
        case .uint16, .int16: append(UInt16(bits & 0x7F), to: &bytes)
        case .uint32, .int32: append(UInt32(bits & 0x7F), to: &bytes)
        case .uint64, .int64: append(bits & 0x7F, to: &bytes)
        }
    }

    private static func append<Bits: FixedWidthInteger>(_ bits: Bits, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: bits.littleEndian) { bytes.append(contentsOf: $0) }
    }
}

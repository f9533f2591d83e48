// SPDX-License-Identifier: Apache-2.0
internal import COnnxRuntime
internal import Inference

/// Strings between the wire, where each follows its length, and the engine, which has objects of its own.
enum StringTensor {
    private static let lengthSize = 4

    /// A tensor of the engine with the strings of `parts`, one part after the other.
    static func make(
        _ parts: [TensorBytes],
        shape: Shape,
        count: Int,
        name: String,
        library: ONNXRuntimeLibrary
    ) throws(ServingError) -> OpaquePointer {
        let api = library.api.pointee
        var value: OpaquePointer?
        let status = shape.withDimensions { dimensions in
            api.CreateTensorAsOrtValue(
                library.accountingAllocator,
                dimensions.baseAddress,
                dimensions.count,
                ElementType.number(of: .bytes),
                &value
            )
        }
        try library.api.check(status)
        do throws(ServingError) {
            var index = 0
            for part in parts {
                try part.withUnsafeBytes { (bytes) throws(ServingError) in
                    try fill(value!, from: bytes, index: &index, count: count, name: name, library: library)
                }
            }
            guard index == count else { throw wrongCount(name, count) }
        } catch {
            api.ReleaseValue(value)
            throw error
        }
        return value!
    }

    private static func fill(
        _ value: OpaquePointer,
        from bytes: UnsafeRawBufferPointer,
        index: inout Int,
        count: Int,
        name: String,
        library: ONNXRuntimeLibrary
    ) throws(ServingError) {
        var position = 0
        while position < bytes.count {
            guard bytes.count - position >= lengthSize else { throw truncated(name) }
            let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
            position += lengthSize
            guard length <= bytes.count - position else { throw truncated(name) }
            guard index < count else { throw wrongCount(name, count) }
            var target: UnsafeMutablePointer<CChar>?
            try library.api.check(
                library.api.pointee.GetResizedStringTensorElementBuffer(value, index, length, &target)
            )
            if length > 0, let target, let base = bytes.baseAddress {
                UnsafeMutableRawPointer(target).copyMemory(from: base + position, byteCount: length)
            }
            position += length
            index += 1
        }
    }

    /// The strings of `value` as on the wire, and where each starts; one more entry says where the last ends.
    /// - Returns: `nil` if they have more than `limit` bytes.
    static func read(
        _ value: OpaquePointer,
        count: Int,
        limit: Int,
        library: ONNXRuntimeLibrary
    ) throws(ServingError) -> (bytes: TensorBytes, starts: [Int])? {
        var length = 0
        try library.api.check(library.api.pointee.GetStringTensorDataLength(value, &length))
        let (total, overflow) = (count * lengthSize).addingReportingOverflow(length)
        guard count <= limit / lengthSize, !overflow, total <= limit else { return nil }
        var offsets = [Int](repeating: 0, count: count)
        let content = AlignedStorage(count: max(1, length))
        try library.api.check(
            library.api.pointee.GetStringTensorContent(value, content.memory.baseAddress, length, &offsets, count)
        )
        offsets.append(length)
        var starts: [Int] = []
        starts.reserveCapacity(count + 1)
        let bytes = TensorBytes(count: total) { (target: UnsafeMutableRawBufferPointer) in
            var position = 0
            for index in 0..<count {
                starts.append(position)
                let size = offsets[index + 1] - offsets[index]
                target.storeBytes(of: UInt32(size).littleEndian, toByteOffset: position, as: UInt32.self)
                let text = UnsafeRawBufferPointer(rebasing: content.memory[offsets[index]..<offsets[index + 1]])
                UnsafeMutableRawBufferPointer(rebasing: target[(position + lengthSize)...]).copyMemory(from: text)
                position += lengthSize + size
            }
        }
        starts.append(total)
        return (bytes, starts)
    }

    private static func truncated(_ name: String) -> ServingError {
        ServingError(.invalidArgument, "incomplete string data for inference input '\(name)'")
    }

    static func wrongCount(_ name: String, _ count: Int) -> ServingError {
        ServingError(
            .invalidArgument,
            "unexpected number of string elements for inference input '\(name)', expecting \(count)"
        )
    }
}

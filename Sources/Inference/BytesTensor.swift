// SPDX-License-Identifier: Apache-2.0

/// The layout of ``DataType/bytes`` tensors: each element is a little-endian `UInt32` length, then that many bytes.
package enum BytesTensor {
    /// Bytes of the length before each element.
    package static let lengthSize = 4

    /// How a walk over the elements ended, if not at the last byte of the last element.
    package enum Fault: Error, Equatable {
        /// Fewer than four bytes were left where a length must stand.
        case incompleteLength(available: Int)
        case incompleteElement(expected: Int, available: Int)
    }

    /// Calls `body` with the bytes of each element in turn. Nothing outside `bytes` is read whatever the lengths say.
    package static func forEachElement<Failure: Error>(
        of bytes: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) -> Fault? {
        var offset = 0
        while offset < bytes.count {
            let available = bytes.count - offset
            guard available >= lengthSize else { return .incompleteLength(available: available) }
            let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
            offset += lengthSize
            guard length <= bytes.count - offset else {
                return .incompleteElement(expected: length, available: bytes.count - offset)
            }
            try body(UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + length)]))
            offset += length
        }
        return nil
    }

    /// The number of elements; `nil` if `bytes` is not a whole number of them.
    package static func elementCount(of bytes: TensorBytes) -> Int? {
        bytes.withUnsafeBytes { memory in
            var count = 0
            return forEachElement(of: memory) { _ in count += 1 } == nil ? count : nil
        }
    }

    /// The elements as arrays: for tests and small tensors.
    package static func elements(of bytes: TensorBytes) -> [[UInt8]]? {
        bytes.withUnsafeBytes { memory in
            var elements: [[UInt8]] = []
            return forEachElement(of: memory) { elements.append(Array($0)) } == nil ? elements : nil
        }
    }

    /// - Returns: `nil` if an element's length does not fit its prefix.
    package static func encode(_ elements: [[UInt8]]) -> TensorBytes? {
        guard elements.allSatisfy({ $0.count <= Int(UInt32.max) }) else { return nil }
        let total = elements.reduce(0) { $0 + lengthSize + $1.count }
        return TensorBytes(count: total) { memory in
            var offset = 0
            for element in elements {
                memory.storeBytes(of: UInt32(element.count).littleEndian, toByteOffset: offset, as: UInt32.self)
                offset += lengthSize
                UnsafeMutableRawBufferPointer(rebasing: memory[offset..<(offset + element.count)])
                    .copyBytes(from: element)
                offset += element.count
            }
        }
    }

    /// Checks that an input holds exactly `expected` whole elements.
    /// - Throws: `.invalidArgument` with Triton's texts, without the request's prefix.
    package static func validate(
        _ bytes: TensorBytes,
        elementCount expected: Int,
        input: String,
        model: String
    ) throws(ServingError) {
        let place = "for inference input '\(input)' for model '\(model)'"
        var count = 0
        let fault = bytes.withUnsafeBytes { memory in forEachElement(of: memory) { _ in count += 1 } }
        // A wrong count is told before a torn element, as Triton counts while it walks.
        if count > expected {
            throw ServingError(
                .invalidArgument,
                "unexpected number of string elements \(expected + 1) \(place), expecting \(expected)"
            )
        }
        switch fault {
        case .incompleteLength(let available):
            throw ServingError(
                .invalidArgument,
                "incomplete string length indicator \(place), expecting \(lengthSize) bytes but only \(available)"
                    + " bytes available. Please make sure the string length indicator is in one buffer."
            )
        case .incompleteElement(let length, let available):
            throw ServingError(
                .invalidArgument,
                "incomplete string element \(count) \(place), expecting \(length) bytes but only \(available)"
                    + " bytes available"
            )
        case nil:
            guard count == expected else {
                throw ServingError(.invalidArgument, "expected \(expected) string elements \(place), got \(count)")
            }
        }
    }
}

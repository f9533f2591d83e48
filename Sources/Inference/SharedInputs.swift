// SPDX-License-Identifier: Apache-2.0

/// Inputs of one request whose bytes are in shared memory: collected while the request is read, so that all of them can
/// be counted and charged before any is copied.
package struct SharedInputs: Sendable {
    private var slices: [(index: Int, slice: SharedMemorySlice)] = []
    /// Bytes of all slices.
    package private(set) var byteCount = 0

    package init() {}

    package var isEmpty: Bool { slices.isEmpty }

    /// - Parameter limit: bytes that all inputs of the request in shared memory may have.
    package mutating func append(
        _ slice: SharedMemorySlice,
        toInputAt index: Int,
        limit: Int
    ) throws(ServingError) {
        guard slice.byteSize <= UInt64(max(0, limit - byteCount)) else {
            throw ServingError(
                .invalidArgument,
                "inputs of the request in shared memory have more than the maximum of \(limit) bytes"
            )
        }
        byteCount += Int(slice.byteSize)
        slices.append((index, slice))
    }

    /// Gives each input its bytes.
    package func read(
        from control: any SharedMemoryControl,
        into fields: inout InferenceRequest.Fields
    ) throws(ServingError) {
        for (index, slice) in slices { fields.inputs[index].bytes = try control.read(slice) }
    }
}

// SPDX-License-Identifier: Apache-2.0

/// A region of system shared memory that a client registered.
package struct SharedMemoryRegion: Sendable, Equatable {
    package var name: String
    /// What `shm_open` was given by the client.
    package var key: String
    package var offset: UInt64
    package var byteSize: UInt64

    package init(name: String, key: String, offset: UInt64, byteSize: UInt64) {
        self.name = name
        self.key = key
        self.offset = offset
        self.byteSize = byteSize
    }
}

/// The part of a region that one tensor of a request names.
package struct SharedMemorySlice: Sendable, Equatable {
    package var region: String
    /// From the beginning of the region, in bytes.
    package var offset: UInt64
    package var byteSize: UInt64

    package init(region: String, offset: UInt64, byteSize: UInt64) {
        self.region = region
        self.offset = offset
        self.byteSize = byteSize
    }
}

/// Memory that clients share with the server. Off unless the operator allows it.
package protocol SharedMemoryControl: Sendable {
    /// - Throws: `.unsupported` where client shared memory is disabled, `.alreadyExists`, or `.invalidArgument`.
    func register(_ region: SharedMemoryRegion) throws(ServingError)

    /// Returns once no request in flight uses the region. An unknown name is no error.
    /// - Parameter name: `nil` for all.
    func unregister(_ name: String?) async throws(ServingError)

    /// Sorted by name.
    /// - Throws: `.notFound` for a name that is not registered.
    func regions(_ name: String?) throws(ServingError) -> [SharedMemoryRegion]

    /// A copy of the bytes at `slice`: what the client does to them afterwards changes nothing.
    func read(_ slice: SharedMemorySlice) throws(ServingError) -> TensorBytes

    /// What a build without GPUs answers to every registration of CUDA memory.
    func registerCUDA(_ name: String) throws(ServingError)

    func unregisterCUDA(_ name: String?) throws(ServingError)

    /// - Throws: `.notFound` for any name; without one there are none.
    func checkCUDARegions(_ name: String?) throws(ServingError)
}

// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// The name of an object of shared memory, as `shm_open` would find it, once it is known to be no more than a name.
struct SharedMemoryKey: Equatable {
    /// Of Triton's own objects between the server and its Python models.
    static let reservedPrefix = "triton_python_backend_shm_region_"
    /// Of named semaphores, which live among the objects and which a write would break for every process that uses them.
    private static let semaphorePrefix = "sem."
    /// The most bytes that a name in a directory can have.
    static let byteLimit = 255

    /// One component of a path.
    let objectName: String

    /// - Parameters:
    ///   - key: as the client gave it; any number of slashes may lead it.
    ///   - region: for the error, which does not repeat the key.
    init(_ key: String, region: String) throws(ServingError) {
        let name = String(decoding: key.utf8.drop { $0 == UInt8(ascii: "/") }, as: UTF8.self)
        if name.utf8.starts(with: Self.reservedPrefix.utf8) {
            throw ServingError(
                .invalidArgument,
                "cannot register shared memory region '\(region)' as the key contains the reserved prefix"
                    + " '\(Self.reservedPrefix)'"
            )
        }
        let isName =
            !name.isEmpty && name.utf8.count <= Self.byteLimit && name != "." && name != ".."
            && !name.utf8.contains { $0 == 0 || $0 == UInt8(ascii: "/") }
            && !name.utf8.starts(with: Self.semaphorePrefix.utf8)
        guard isName else {
            throw ServingError(.invalidArgument, "cannot register shared memory region '\(region)' - invalid shm key")
        }
        objectName = name
    }
}

// SPDX-License-Identifier: Apache-2.0
internal import COnnxRuntime

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// What one version of a model may hold of the engine's memory.
final class MemoryAccount: @unchecked Sendable {
    // SAFETY: set once; all functions on it are thread-safe. Blocks charged to it keep it alive past this owner.
    let pointer: OpaquePointer

    init(limit: Int?, keepsBlocks: Bool) {
        pointer = OrtMemoryAccountCreate(limit ?? Self.physicalMemory, keepsBlocks)
    }

    deinit { OrtMemoryAccountRelease(pointer) }

    var bytesInUse: Int { OrtMemoryAccountBytesInUse(pointer) }

    func trim() { OrtMemoryAccountTrim(pointer) }

    /// Charges what the calling thread allocates within `body` to this account.
    func charge<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        let previous = OrtMemoryAccountEnter(pointer)
        defer { OrtMemoryAccountEnter(previous) }
        return try body()
    }

    /// Without a limit of its own a model may not ask for more than the machine has: the system would grant it, and
    /// then kill the server for using it.
    private static var physicalMemory: Int {
        let pages = sysconf(Int32(_SC_PHYS_PAGES))
        let size = sysconf(Int32(_SC_PAGESIZE))
        return pages > 0 && size > 0 ? pages * size : .max
    }
}

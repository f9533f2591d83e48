// SPDX-License-Identifier: Apache-2.0

/// A read-only run of bytes and whatever keeps it alive: a network buffer, an engine's output, a plain array.
///
/// It lets a tensor travel from the socket to the engine and back without being copied on the way. Whoever makes one
/// promises that the bytes neither move nor change while `owner` is alive.
package struct TensorBytes: @unchecked Sendable {
    // SAFETY: the memory is immutable from the moment a value exists (the maker's promise above), and `owner` is only
    // retained and released, which is atomic.
    private let owner: AnyObject?
    private let memory: UnsafeRawBufferPointer

    package init(owner: AnyObject, memory: UnsafeRawBufferPointer) {
        self.owner = owner
        self.memory = memory
    }

    /// No bytes at all: the content of a tensor with a zero dimension.
    package init() {
        owner = nil
        memory = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// A copy of `bytes` in memory aligned to 64 bytes.
    package init(copying bytes: UnsafeRawBufferPointer) {
        self.init(count: bytes.count) { $0.copyMemory(from: bytes) }
    }

    package init(_ bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { TensorBytes(copying: $0) }
    }

    /// `count` bytes aligned to 64, filled by `fill` before anyone else sees them.
    package init<Failure: Error>(
        count: Int,
        fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        guard count > 0 else {
            self.init()
            return
        }
        let storage = AlignedStorage(count: count)
        try fill(storage.memory)
        self.init(owner: storage, memory: UnsafeRawBufferPointer(storage.memory))
    }

    package var count: Int { memory.count }

    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(owner) {} }
        return try body(memory)
    }

    /// The part of these bytes at `range`, sharing the same memory.
    package func slice(_ range: Range<Int>) -> TensorBytes {
        guard !range.isEmpty, let owner else { return TensorBytes() }
        return TensorBytes(owner: owner, memory: UnsafeRawBufferPointer(rebasing: memory[range]))
    }
}

/// Heap memory aligned to 64 bytes, which is what vectorised engine kernels like best.
package final class AlignedStorage: @unchecked Sendable {
    // SAFETY: written only by its maker before it is shared; see `TensorBytes`.
    package let memory: UnsafeMutableRawBufferPointer

    package init(count: Int) {
        memory = .allocate(byteCount: count, alignment: 64)
    }

    deinit { memory.deallocate() }
}

// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Memory that grows in place where the allocator can do so.
package final class GrowingBytes: @unchecked Sendable {
    // SAFETY: written by its one maker before the bytes are shared, never after; see `TensorBytes`.
    private var base: UnsafeMutableRawPointer
    package private(set) var capacity: Int
    package var count = 0

    package init(capacity: Int) {
        self.capacity = capacity
        base = malloc(max(capacity, 1))!
    }

    deinit { free(base) }

    package var room: Int { capacity - count }
    package var nextFree: UnsafeMutableRawPointer { base + count }
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    package func grow(to capacity: Int) {
        base = realloc(base, max(capacity, 1))!
        self.capacity = capacity
    }

    /// - Precondition: there is ``room`` for `more`.
    package func append(_ more: UnsafeRawBufferPointer) {
        precondition(more.count <= room, "more bytes than there is memory for")
        if let source = more.baseAddress { nextFree.copyMemory(from: source, byteCount: more.count) }
        count += more.count
    }
}

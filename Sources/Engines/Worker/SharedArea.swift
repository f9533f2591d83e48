// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Anonymous memory that is shared with one worker, as the server has it mapped.
///
/// A request area is written here and can only be read there; a response area the other way round. What stands in the
/// latter may change under the reader's eyes: it is copied out before it is looked at.
final class SharedArea: @unchecked Sendable {
    // SAFETY: the mapping lives as long as `self`. Who may touch which bytes when is for `WorkerLedger` to say, which
    // hands out a range to one holder at a time; the worker's writes race with nothing but a copy that is checked after.
    private let memory: UnsafeMutableRawBufferPointer
    private let isWritable: Bool

    /// - Parameter pass: hands the descriptor over; it is closed afterwards.
    /// - Throws: `.resourceExhausted` if the system has no such memory to give.
    init(
        _ use: WorkerProtocol.AreaUse,
        bytes: Int,
        pass: (Int32) throws(WorkerFault) -> Void
    ) throws(AreaProblem) {
        let descriptor = buckler_memory_create("buckler-\(use)", UInt64(bytes))
        guard descriptor >= 0 else { throw .system(errno: -descriptor) }
        defer { close(descriptor) }
        isWritable = use == .request
        let protection = isWritable ? PROT_READ | PROT_WRITE : PROT_READ
        guard let start = mmap(nil, bytes, protection, MAP_SHARED, descriptor, 0), start != MAP_FAILED else {
            throw .system(errno: errno)
        }
        memory = UnsafeMutableRawBufferPointer(start: start, count: bytes)
        let sealed = buckler_memory_seal(descriptor, isWritable)
        guard sealed == 0 else {
            munmap(start, bytes)
            throw .system(errno: -sealed)
        }
        do throws(WorkerFault) {
            try pass(descriptor)
        } catch {
            munmap(start, bytes)
            throw .worker(error)
        }
    }

    deinit { munmap(memory.baseAddress, memory.count) }

    /// Of a request area: the bytes of a range that was reserved for the caller.
    func write(_ span: AreaSpan, _ body: (UnsafeMutableRawBufferPointer) -> Void) {
        precondition(isWritable, "only request areas are written by the server")
        body(UnsafeMutableRawBufferPointer(rebasing: memory[span.offset..<span.offset + span.length]))
    }

    /// Copies a range that was checked to lie within a lease.
    func copy(offset: Int, length: Int) -> TensorBytes {
        TensorBytes(copying: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[offset..<offset + length]))
    }
}

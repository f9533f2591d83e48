// SPDX-License-Identifier: Apache-2.0
import CLinux
import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// An object of shared memory that a client made, held open.
///
/// It is read and written by system calls and never mapped: whoever owns it may cut it short at any moment, which would
/// end a process that has it mapped, and here is an error of one request.
final class SharedMemoryObject: Sendable {
    /// What makes two descriptors the same memory.
    struct Identity: Hashable {
        var device: UInt64
        var inode: UInt64
    }

    /// Why an object cannot be had.
    enum Fault: Error, Equatable {
        /// There is none of that name that this server may use; which of its rules says so is not for the client.
        case unusable(cause: String)
        case outOfDescriptors(cause: String)
    }

    /// The bytes asked for are not there, or there is no room for them.
    struct Shortage: Error, Equatable {}

    let identity: Identity
    private let descriptor: Int32

    /// - Parameter owners: the users whose objects may be used.
    init(_ key: SharedMemoryKey, in directory: String, owners: Set<UInt32>) throws(Fault) {
        let opened = buckler_shared_object_open(directory, key.objectName)
        switch -opened {
        case EMFILE, ENFILE, ENOMEM: throw .outOfDescriptors(cause: String(cString: strerror(-opened)))
        case 1...: throw .unusable(cause: String(cString: strerror(-opened)))
        default: break
        }
        do throws(Fault) {
            let object = try Self.status(of: opened)
            guard object.is_regular != 0 else { throw .unusable(cause: "not a regular file") }
            guard object.is_tmpfs != 0 else { throw .unusable(cause: "not on a memory file system") }
            guard owners.contains(object.owner) else { throw .unusable(cause: "owned by user \(object.owner)") }
            identity = Identity(device: object.device, inode: object.inode)
        } catch {
            close(opened)
            throw error
        }
        descriptor = opened
    }

    deinit { close(descriptor) }

    /// Bytes that the object has now; its owner may change that at any time.
    func size() throws(Fault) -> UInt64 { UInt64(max(0, try Self.status(of: descriptor).size)) }

    private static func status(of descriptor: Int32) throws(Fault) -> buckler_shared_object {
        var object = buckler_shared_object()
        let result = buckler_shared_object_status(descriptor, &object)
        guard result == 0 else { throw .unusable(cause: String(cString: strerror(-result))) }
        return object
    }

    /// Fills all of `memory` with what stands from `offset` on.
    func read(at offset: UInt64, into memory: UnsafeMutableRawBufferPointer) throws(Shortage) {
        // SAFETY: `transfer` keeps to the bounds of `memory`, and `pread` writes no more than the count that it is given.
        try transfer(count: memory.count, at: offset) { position, count, place in
            guard let start = memory.baseAddress else { return 0 }
            return pread(descriptor, start + position, count, place)
        }
    }

    /// Puts all of `bytes` at `offset`, and lets the object be no larger than it is.
    func write(_ bytes: TensorBytes, at offset: UInt64) throws(Shortage) {
        guard bytes.count > 0 else { return }
        // A write behind the end would make the object grow again, unseen by the client that cut it.
        guard let size = try? size(), offset <= size, UInt64(bytes.count) <= size - offset else { throw Shortage() }
        try bytes.withUnsafeBytes { memory throws(Shortage) in
            // SAFETY: as above; `pwrite` only reads `memory`.
            try transfer(count: memory.count, at: offset) { position, count, place in
                guard let start = memory.baseAddress else { return 0 }
                return pwrite(descriptor, start + position, count, place)
            }
        }
    }

    private func transfer(
        count: Int,
        at offset: UInt64,
        _ move: (_ position: Int, _ count: Int, _ place: off_t) -> Int
    ) throws(Shortage) {
        guard let offset = off_t(exactly: offset), !offset.addingReportingOverflow(off_t(count)).overflow else {
            throw Shortage()
        }
        var position = 0
        while position < count {
            let moved = move(position, count - position, offset + off_t(position))
            if moved < 0 && errno == EINTR { continue }
            guard moved > 0 else { throw Shortage() }
            position += moved
        }
    }
}

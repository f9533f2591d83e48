// SPDX-License-Identifier: Apache-2.0
private import CLinux
internal import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// A file of a model as workers get it: anonymous memory that nobody can change any more. All workers of a model share
/// it, and one that is started again reads what the first one read, whatever has become of the file since.
final class SharedFile: Sendable {
    let descriptor: Int32
    /// Of the area that it is, which is never empty.
    let areaBytes: Int

    init(_ content: TensorBytes) throws(ServingError) {
        areaBytes = max(1, content.count)
        let descriptor = buckler_memory_create("buckler-model", UInt64(areaBytes))
        guard descriptor >= 0 else { throw Self.failure(-descriptor) }
        self.descriptor = descriptor
        let result = content.withUnsafeBytes { Self.fill(descriptor, $0) }
        guard result == 0 else {
            close(descriptor)
            throw Self.failure(result)
        }
    }

    deinit { close(descriptor) }

    /// - Returns: 0, or why it failed.
    private static func fill(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int32 {
        var position = 0
        while position < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
            let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(position))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return count < 0 ? errno : EIO }
            position += count
        }
        return -buckler_memory_seal(descriptor, true)
    }

    private static func failure(_ error: Int32) -> ServingError {
        ServingError(
            .resourceExhausted,
            "no memory to hand a model's files to a worker",
            cause: String(cString: strerror(error))
        )
    }
}

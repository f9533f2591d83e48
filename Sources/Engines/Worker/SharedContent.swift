// SPDX-License-Identifier: Apache-2.0
private import CLinux
internal import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// The files of a model as workers get them: anonymous memory that nobody can change any more. All workers of a model
/// share it, and one that is started again reads what the first one read, whatever has become of the files since.
final class SharedContent: Sendable {
    let descriptor: Int32
    /// Never 0.
    let byteCount: Int
    /// Where each part begins.
    let offsets: [Int]

    /// All in one: a model may consist of many files, and each descriptor is one that a connection cannot have.
    init(_ parts: [TensorBytes]) throws(ServingError) {
        var (offsets, end) = ([Int](), 0)
        for part in parts {
            guard let offset = WorkerProtocol.aligned(end),
                case (let next, false) = offset.addingReportingOverflow(part.count)
            else { throw Self.failure(EFBIG) }
            offsets.append(offset)
            end = next
        }
        self.offsets = offsets
        byteCount = max(1, end)
        let descriptor = buckler_memory_create("buckler-model", UInt64(byteCount))
        guard descriptor >= 0 else { throw Self.failure(-descriptor) }
        self.descriptor = descriptor
        var result: Int32 = 0
        for (part, offset) in zip(parts, offsets) where result == 0 {
            result = part.withUnsafeBytes { Self.fill(descriptor, $0, at: offset) }
        }
        if result == 0 { result = -buckler_memory_seal(descriptor, true) }
        guard result == 0 else {
            close(descriptor)
            throw Self.failure(result)
        }
    }

    deinit { close(descriptor) }

    /// - Returns: 0, or why it failed.
    private static func fill(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int32 {
        var position = 0
        while position < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
            let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + position))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return count < 0 ? errno : EIO }
            position += count
        }
        return 0
    }

    private static func failure(_ error: Int32) -> ServingError {
        ServingError(
            .resourceExhausted,
            "no memory to hand a model's files to a worker",
            cause: String(cString: strerror(error))
        )
    }
}

// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOCore
private import Transport

/// The body of a hot request as it comes in. A body that came in one piece is kept where the socket put it; otherwise
/// memory grows with what has arrived, and what was announced is allocated once an eighth of it is there.
package struct InferBody {
    private static let firstCapacity = 64 << 10
    /// Each time memory grows, what has arrived is copied; and a client has to send as much to have the rest held for it.
    private static let trustedPart = 8

    private let declared: Int?
    private let byteLimit: Int
    private let chunkLimit: Int
    private var whole: ByteBuffer?
    private var storage: AlignedStorage?
    package private(set) var count = 0
    private var chunks = 0

    /// - Parameter declared: Content-Length, already found to be within `byteLimit`; `nil` for a chunked upload.
    package init(declared: Int?, limits: RequestLimits) {
        self.declared = declared
        byteLimit = limits.bodyBytes
        chunkLimit = limits.bodyChunks
    }

    /// A body of `declared` bytes that may not grow beyond them.
    package init(declared: Int) {
        self.declared = declared
        byteLimit = declared
        chunkLimit = 0
    }

    /// Bytes that a client announced and has not sent; `nil` if it announced none.
    package var remaining: Int? { declared.map { max(0, $0 - count) } }

    /// Bytes of memory that are held beyond what was announced: what a chunked upload has to be charged for.
    package var undeclaredBytes: Int { declared == nil ? heldBytes : 0 }

    var heldBytes: Int { max(storage?.memory.count ?? 0, count) }

    /// - Throws: `.payloadTooLarge` or `.invalidArgument` for an upload beyond a limit.
    package mutating func append(_ chunk: ByteBuffer) throws(ServingError) {
        let added = chunk.readableBytes
        guard added > 0 else { return }
        if declared == nil { try countChunk() }
        let (total, overflow) = count.addingReportingOverflow(added)
        guard !overflow, total <= byteLimit else {
            throw BodyLimits.tooLarge(bytes: overflow ? .max : total, limit: byteLimit)
        }
        if count == 0, total == declared {
            whole = chunk
        } else {
            copy(chunk, total: total)
        }
        count = total
    }

    package consuming func finish() -> TensorBytes {
        if let whole { return TensorBytes(adopting: whole) }
        guard let storage, count > 0 else { return TensorBytes() }
        return TensorBytes(
            owner: storage,
            memory: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(storage.memory)[..<count])
        )
    }

    private mutating func countChunk() throws(ServingError) {
        chunks += 1
        guard chunks <= chunkLimit else {
            throw ServingError(
                .invalidArgument,
                "request body has more than \(chunkLimit) chunks, send it in fewer and larger ones"
            )
        }
    }

    private mutating func copy(_ chunk: ByteBuffer, total: Int) {
        let capacity = storage?.memory.count ?? 0
        if total > capacity {
            let doubled = max(Self.firstCapacity, total, min(capacity, Int.max / 2) * 2)
            let isTrusted = declared.map { $0 / Self.trustedPart <= total } ?? false
            let wanted = isTrusted ? declared ?? doubled : min(doubled, declared ?? byteLimit)
            let larger = AlignedStorage(count: max(total, wanted))
            if let storage {
                larger.memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage.memory[..<count]))
            }
            storage = larger
        }
        guard let storage else { return }
        chunk.withUnsafeReadableBytes { bytes in
            UnsafeMutableRawBufferPointer(rebasing: storage.memory[count..<total]).copyMemory(from: bytes)
        }
    }
}

/// What a body's announced size alone decides.
package enum BodyLimits {
    /// - Parameters:
    ///   - declared: Content-Length.
    ///   - isAllJSON: whether no `Inference-Header-Content-Length` divides the body; it is then bounded as JSON is.
    package static func check(
        declared: Int,
        isAllJSON: Bool,
        request: RequestLimits,
        connection: ConnectionLimits
    ) throws(ServingError) {
        if isAllJSON, declared > request.jsonBytes {
            throw ServingError(
                .invalidArgument,
                "request JSON size of \(declared) bytes exceeds the maximum allowed input size of \(request.jsonBytes) "
                    + "bytes. \(request.inputSizeHint)"
            )
        }
        if declared > request.bodyBytes { throw tooLarge(bytes: declared, limit: request.bodyBytes) }
        if declared > connection.bytesInFlightPerConnection {
            throw ServingError(
                .unavailable,
                "request body of \(declared) bytes exceeds the \(connection.bytesInFlightPerConnection) bytes that one "
                    + "connection may have in flight",
                reason: .rejected
            )
        }
    }

    package static func tooLarge(bytes: Int, limit: Int) -> ServingError {
        ServingError(
            .payloadTooLarge,
            "request body of \(bytes) bytes exceeds the maximum allowed size of \(limit) bytes"
        )
    }
}

// SPDX-License-Identifier: Apache-2.0
internal import CZlib
package import Inference

extension ContentCoding {
    /// The content of a compressed body.
    ///
    /// Memory grows with what comes out, never beyond ``RequestLimits/jsonBytes`` and one byte more.
    /// - Throws: `.invalidArgument` for content beyond the limit, and for a body that is empty, damaged, cut short or
    ///   followed by anything but another gzip member.
    package func inflate(_ body: UnsafeRawBufferPointer, _ limits: RequestLimits) throws(ServingError) -> TensorBytes {
        switch self {
        case .identity:
            return TensorBytes(copying: body)
        case .gzip, .deflate:
            guard body.count > 0 else { throw ServingError(.invalidArgument, "nothing to be decompressed") }
            let words = InflateWords(
                body: "request body with Content-Encoding '\(rawValue)'",
                tooLarge: ServingError(
                    .invalidArgument,
                    "Decompressed data size exceeds the maximum allowed value of \(limits.jsonBytes) bytes. "
                        + limits.inputSizeHint
                )
            )
            return try Inflater(coding: self, body: body, limit: limits.jsonBytes, words: words).run()
        }
    }

    /// The content of a compressed gRPC message, if it is so small that an event loop has time for it.
    /// - Returns: `nil` if it is longer, or may be.
    package func inflateBriefly(_ message: TensorBytes, limit: Int) throws(ServingError) -> TensorBytes? {
        guard message.count <= Self.briefBytes else { return nil }
        do throws(ServingError) {
            return try inflateMessage(message, limit: min(limit, Self.briefBytes))
        } catch {
            guard error.code == .resourceExhausted, limit > Self.briefBytes else { throw error }
            return nil
        }
    }

    /// Takes a fraction of a millisecond to decompress, in optimised code.
    package static let briefBytes = 64 << 10

    /// The content of a compressed gRPC message; see ``inflate(_:limit:)``.
    /// - Throws: `.resourceExhausted` for content beyond the limit, otherwise `.internalError`.
    package func inflateMessage(_ message: TensorBytes, limit: Int) throws(ServingError) -> TensorBytes {
        guard self != .identity else {
            throw ServingError(.internalError, "a message is compressed and the call's grpc-encoding is not")
        }
        let words = InflateWords(
            body: "message with grpc-encoding '\(rawValue)'",
            tooLarge: ServingError(
                .resourceExhausted,
                "Decompressed message larger than max (\(limit)). Use --grpc-max-input-size to increase the limit."
            )
        )
        do throws(ServingError) {
            return try message.withUnsafeBytes { bytes throws(ServingError) in
                try Inflater(coding: self, body: bytes, limit: limit, words: words).run()
            }
        } catch {
            guard error.code == .invalidArgument else { throw error }
            throw ServingError(.internalError, error.message)
        }
    }
}

/// What an inflation says of its input.
private struct InflateWords {
    var body: String
    var tooLarge: ServingError
}

/// One inflation; owns zlib's state and the memory that grows.
private final class Inflater {
    private static let firstChunk = 64 << 10
    // SAFETY: zlib keeps a pointer to the stream, so it lives on the heap at one address until `deinit`.
    private let stream: UnsafeMutablePointer<z_stream>
    private let output: GrowingBytes
    private let coding: ContentCoding
    private let limit: Int
    private let words: InflateWords
    private var unread: UnsafeRawBufferPointer

    init(
        coding: ContentCoding,
        body: UnsafeRawBufferPointer,
        limit: Int,
        words: InflateWords
    ) throws(ServingError) {
        self.coding = coding
        self.words = words
        self.limit = limit
        unread = body
        output = GrowingBytes(capacity: min(limit, max(Self.firstChunk, body.count.multipliedClamped(by: 4))))
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15: the largest window; 16 more: the gzip format and no other.
        guard CZlib_inflateInit2(stream, coding == .gzip ? 15 + 16 : 15) == Z_OK else {
            stream.deallocate()
            throw ServingError(.internalError, "failed to initialize state for data decompression")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    func run() throws(ServingError) -> TensorBytes {
        while true {
            let status = try step()
            if status == Z_STREAM_END {
                guard try startNextMember() else { break }
            } else if status != Z_OK && status != Z_BUF_ERROR {
                throw failure("is damaged")
            }
        }
        return TensorBytes(owner: output, memory: output.bytes)
    }

    /// Inflates once into what memory there is; makes more if there is none.
    private func step() throws(ServingError) -> Int32 {
        if output.room == 0 && output.capacity < limit {
            output.grow(to: min(limit, output.capacity.multipliedClamped(by: 2)))
        }
        // With the limit reached exactly, one more byte tells whether the content ends here.
        var probe: UInt8 = 0
        return try withUnsafeMutablePointer(to: &probe) { probe throws(ServingError) in
            let isProbing = output.room == 0
            let space = isProbing ? 1 : min(output.room, Int(UInt32.max))
            let target = isProbing ? probe : output.nextFree.assumingMemoryBound(to: UInt8.self)
            let source = min(unread.count, Int(UInt32.max))
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: unread.baseAddress?.assumingMemoryBound(to: UInt8.self)
            )
            stream.pointee.avail_in = UInt32(source)
            stream.pointee.next_out = target
            stream.pointee.avail_out = UInt32(space)
            let status = CZlib.inflate(stream, Z_NO_FLUSH)
            let made = space - Int(stream.pointee.avail_out)
            let taken = source - Int(stream.pointee.avail_in)
            unread = UnsafeRawBufferPointer(rebasing: unread[taken...])
            if isProbing && made > 0 {
                throw words.tooLarge
            }
            if !isProbing { output.count += made }
            if status != Z_STREAM_END && made == 0 && taken == 0 { throw failure("is cut short") }
            return status
        }
    }

    /// A gzip file may be several one after another; nothing else may follow the end.
    private func startNextMember() throws(ServingError) -> Bool {
        if unread.isEmpty { return false }
        guard coding == .gzip, unread.count >= 2, unread[0] == 0x1F, unread[1] == 0x8B else {
            throw failure("is followed by \(unread.count) bytes that do not belong to it")
        }
        guard inflateReset(stream) == Z_OK else { throw failure("is damaged") }
        return true
    }

    private func failure(_ what: String) -> ServingError {
        ServingError(.invalidArgument, "\(words.body) \(what)")
    }
}

extension Int {
    fileprivate func multipliedClamped(by factor: Int) -> Int {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? .max : product
    }
}

// SPDX-License-Identifier: Apache-2.0
internal import NIOCore
package import NIOHPACK

/// The header block of one kind of request, compressed once: on a connection the first differs from all that follow.
package struct RequestBlocks: Sendable {
    /// Puts the headers into the server's table.
    let first: ByteBuffer
    /// Refers to them there.
    let later: ByteBuffer
    /// For a server whose table is too small: empties it, then spells everything out.
    let firstWithoutTable: ByteBuffer
    let laterWithoutTable: ByteBuffer

    /// - Precondition: the headers fit a table of 4,096 bytes, as any that are not meant to break it do.
    package init(_ headers: HPACKHeaders) {
        var encoder = HPACKEncoder(allocator: ByteBufferAllocator())
        first = Self.encode(headers, with: &encoder)
        later = Self.encode(headers, with: &encoder)
        var plain = HPACKHeaders()
        for (name, value, _) in headers { plain.add(name: name, value: value, indexing: .nonIndexable) }
        var stateless = HPACKEncoder(allocator: ByteBufferAllocator())
        laterWithoutTable = Self.encode(plain, with: &stateless)
        var emptied = ByteBuffer(integer: Self.emptyTable)
        emptied.writeImmutableBuffer(laterWithoutTable)
        firstWithoutTable = emptied
    }

    /// A dynamic table size update to 0.
    private static let emptyTable: UInt8 = 0x20

    private static func encode(_ headers: HPACKHeaders, with encoder: inout HPACKEncoder) -> ByteBuffer {
        var block = ByteBuffer()
        do {
            try encoder.encode(headers: headers, to: &block)
        } catch {
            preconditionFailure("the encoder of headers is in use, which nobody but this function can do: \(error)")
        }
        return block
    }
}

/// What the header blocks of a connection's answers say. Blocks that only refer to the table are decoded once.
struct AnswerBlocks: Sendable {
    struct Meaning: Sendable, Equatable {
        /// Empty in trailers.
        var httpStatus: String
        var status: GRPCStatus?
    }

    private var decoder: HPACKDecoder
    /// Decoded since the table changed last. Two are in use: the headers of a good answer, and its trailers.
    private var known: [(block: ByteBuffer, meaning: Meaning)] = []
    private static let knownLimit = 4

    /// - Parameter listLimit: bytes of a header list, as HTTP/2 counts them.
    init(listLimit: Int) {
        decoder = HPACKDecoder(
            allocator: ByteBufferAllocator(),
            maxDynamicTableSize: HPACKEncoder.defaultDynamicTableSize,
            maxHeaderListSize: listLimit
        )
    }

    mutating func meaning(of block: ByteBuffer) throws(HTTP2FrameError) -> Meaning {
        if let found = known.first(where: { $0.block == block }) { return found.meaning }
        var rest = block
        let headers: HPACKHeaders
        do {
            headers = try decoder.decodeHeaders(from: &rest)
        } catch {
            throw HTTP2FrameError("headers that cannot be decoded")
        }
        let meaning = Meaning(
            httpStatus: headers.first(name: ":status") ?? "",
            status: GRPCStatus(trailers: headers)
        )
        if !Self.onlyRefers(block) {
            known.removeAll(keepingCapacity: true)
        } else if known.count < Self.knownLimit {
            known.append((block, meaning))
        }
        return meaning
    }

    /// Whether every byte is a reference to an entry, so that the block leaves the table as it is.
    private static func onlyRefers(_ block: ByteBuffer) -> Bool {
        // 255 would begin a number of several bytes.
        block.readableBytesView.allSatisfy { $0 >= 0x80 && $0 != 0xFF }
    }
}

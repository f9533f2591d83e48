// SPDX-License-Identifier: Apache-2.0
package import NIOCore

/// Sizes what is read from a socket as SwiftNIO does by itself, but keeps a connection to one buffer.
///
/// An allocator that can tell the next size has the channel keep a pool of up to four buffers of up to 64 KiB, for as long
/// as the connection lasts: memory that no request is charged for.
package struct SingleReceiveBuffer: RecvByteBufferAllocator {
    private var sizes = AdaptiveRecvByteBufferAllocator()

    package init() {}

    package func buffer(allocator: ByteBufferAllocator) -> ByteBuffer { sizes.buffer(allocator: allocator) }

    package mutating func record(actualReadBytes: Int) -> Bool { sizes.record(actualReadBytes: actualReadBytes) }

    package func nextBufferSize() -> Int? { nil }
}

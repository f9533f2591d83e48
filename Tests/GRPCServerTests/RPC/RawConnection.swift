// SPDX-License-Identifier: Apache-2.0
import NIOCore
import NIOPosix
import Synchronization

/// A client that sends bytes, right or wrong.
final class RawConnection: Sendable {
    private let channel: any Channel
    private let closed: Atomic<Bool>

    private init(channel: any Channel) {
        self.channel = channel
        closed = Atomic(false)
    }

    static func connect(port: Int, group: any EventLoopGroup) async throws -> RawConnection {
        let channel = try await ClientBootstrap(group: group).connect(host: "127.0.0.1", port: port).get()
        let connection = RawConnection(channel: channel)
        channel.closeFuture.whenComplete { _ in connection.closed.store(true, ordering: .sequentiallyConsistent) }
        return connection
    }

    var isClosed: Bool { closed.load(ordering: .sequentiallyConsistent) }

    func send(_ bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }

    func close() { channel.close(promise: nil) }

    func eventuallyClosed() async -> Bool {
        for _ in 0..<12_000 {
            if isClosed { return true }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return isClosed
    }

    static func frame(type: UInt8, flags: UInt8, stream: UInt32, _ payload: [UInt8]) -> [UInt8] {
        var buffer = ByteBuffer()
        buffer.writeInteger(UInt8(payload.count >> 16))
        buffer.writeInteger(UInt16(truncatingIfNeeded: payload.count))
        buffer.writeInteger(type)
        buffer.writeInteger(flags)
        buffer.writeInteger(stream)
        buffer.writeBytes(payload)
        return Array(buffer.readableBytesView)
    }
}

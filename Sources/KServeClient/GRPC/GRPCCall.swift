// SPDX-License-Identifier: Apache-2.0
internal import NIOCore

/// One call on a connection: messages in both directions, then a status.
package struct GRPCCall: Sendable {
    private let address: ServerAddress
    private let eventLoop: any EventLoop
    private let handler: NIOLoopBound<GRPCClientHandler>
    private let stream: Int

    init(address: ServerAddress, eventLoop: any EventLoop, handler: NIOLoopBound<GRPCClientHandler>, stream: Int) {
        self.address = address
        self.eventLoop = eventLoop
        self.handler = handler
        self.stream = stream
    }

    /// Returns once the message has left for the socket, which waits for the server's flow control.
    package func send(_ message: [UInt8], endStream: Bool = false) async throws(ClientError) {
        guard message.count <= Int(Int32.max) else {
            throw .badInput("a request of \(message.count) bytes is more than a gRPC message can be")
        }
        try await run { handler, stream in handler.send(message, endStream: endStream, on: stream) }
    }

    /// No more messages will be sent.
    package func halfClose() async throws(ClientError) {
        try await run { handler, stream in handler.send(nil, endStream: true, on: stream) }
    }

    /// The next message; `nil` if the call ended well.
    /// - Throws: ``ClientError/rpcFailed(_:)`` with the server's status, or what became of the connection.
    package func next() async throws(ClientError) -> [UInt8]? {
        let message = try await run { handler, stream in handler.nextMessage(on: stream) }
        return message.map { Array($0.readableBytesView) }
    }

    /// Nobody waits for the rest of the answer.
    package func cancel() {
        let (handler, stream) = (handler, stream)
        eventLoop.execute { handler.value.cancel(stream) }
    }

    private func run<Result: Sendable>(
        _ body: @escaping @Sendable (GRPCClientHandler, Int) -> EventLoopFuture<Result>
    ) async throws(ClientError) -> Result {
        let (handler, stream) = (handler, stream)
        do {
            return try await eventLoop.flatSubmit { body(handler.value, stream) }.get()
        } catch let error as ClientError {
            throw error
        } catch {
            throw .connectionLost(address)
        }
    }
}

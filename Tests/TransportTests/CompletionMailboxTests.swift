// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Transport

@Suite("A mailbox of completions") struct CompletionMailboxTests {
    /// Answers each event with another, as a model does that never pauses.
    private final class Endless: ResponseWaiter {
        private let mailbox: CompletionMailbox
        private let isStopped = Atomic(false)

        init(_ mailbox: CompletionMailbox) { self.mailbox = mailbox }

        func stop() { isStopped.store(true, ordering: .relaxed) }

        func take(_ event: ResponseEvent) {
            if !isStopped.load(ordering: .relaxed) { mailbox.post(event, for: self) }
        }
    }

    private final class Recorder: ResponseWaiter {
        let messages = Mutex<[String]>([])

        func take(_ event: ResponseEvent) {
            if case .failed(let error) = event { messages.withLock { $0.append(error.message) } }
        }
    }

    private final class Echo: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(data, promise: nil)
        }
    }

    private final class FirstRead: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let promise: EventLoopPromise<String>

        init(_ promise: EventLoopPromise<String>) { self.promise = promise }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            promise.succeed(String(buffer: unwrapInboundIn(data)))
        }

        func channelInactive(context: ChannelHandlerContext) { promise.fail(ChannelError.eof) }
    }

    @Test("leaves the loop time for its sockets, however much there is to hand on")
    func sockets() async throws {
        let (served, asking) = (
            MultiThreadedEventLoopGroup(numberOfThreads: 1), MultiThreadedEventLoopGroup(numberOfThreads: 1)
        )
        let mailbox = CompletionMailbox(eventLoop: served.next())
        let endless = Endless(mailbox)
        for _ in 0..<4 { mailbox.post(.completed, for: endless) }
        let server = try await ServerBootstrap(group: served)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Echo()) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let answer = asking.next().makePromise(of: String.self)
        let client = try await ClientBootstrap(group: asking)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(FirstRead(answer))
                }
            }
            .connect(host: "127.0.0.1", port: server.localAddress?.port ?? 0).get()
        try await client.writeAndFlush(ByteBuffer(string: "are you there?"))
        asking.next().scheduleTask(in: .seconds(30)) { answer.fail(ChannelError.connectTimeout(.seconds(30))) }
        #expect(try await answer.futureResult.get() == "are you there?")
        endless.stop()
        try await client.close()
        try await server.close()
        try await served.shutdownGracefully()
        try await asking.shutdownGracefully()
    }

    @Test(
        "hands on all, in order, from turn to turn",
        arguments: [1, CompletionMailbox.turnLimit, CompletionMailbox.turnLimit + 1, 20_000]
    )
    func order(count: Int) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let mailbox = CompletionMailbox(eventLoop: group.next())
        let recorder = Recorder()
        for round in 0..<2 {
            for index in 0..<count {
                mailbox.post(.failed(ServingError(.unknown, "\(index)")), for: recorder)
            }
            while recorder.messages.withLock(\.count) < (round + 1) * count {
                try await Task.sleep(for: .milliseconds(1))
            }
        }
        let expected = (0..<count).map(String.init)
        #expect(recorder.messages.withLock { $0 } == expected + expected)
        try await group.shutdownGracefully()
    }
}

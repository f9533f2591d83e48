// SPDX-License-Identifier: Apache-2.0
import Inference
import KServeClient
import NIOCore

/// One connection that keeps `depth` gRPC calls under way: each answer makes the next request. A unary request is a call
/// of its own; on a stream the next request follows the last response to the one before.
final class GRPCLoadConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private struct Call {
        var sentAt: UInt64
        var answer: ByteBuffer?
    }

    private let lane: LoadLane
    private let depth: Int
    private let isStreaming: Bool
    private var session: GRPCLoadSession
    private var received: ByteBuffer?
    private var calls: [UInt32: Call] = [:]

    init(lane: LoadLane, request: GRPCLoadRequest, depth: Int) {
        self.lane = lane
        self.depth = depth
        isStreaming = request.isStreaming
        session = GRPCLoadSession(request)
    }

    func channelActive(context: ChannelHandlerContext) { flush(context) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        if var earlier = received {
            received = nil
            earlier.writeBuffer(&buffer)
            buffer = earlier
        }
        do throws(HTTP2FrameError) {
            while let event = try session.next(in: &buffer) { handle(event) }
            if buffer.readableBytes > 0 { received = buffer }
        } catch {
            lane.requestsFailed("unreadable answer (\(error))", count: max(calls.count, 1))
            calls = [:]
            context.close(promise: nil)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flush(context)
        if calls.isEmpty, lane.isStopping || session.isSpent { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        let wasCut = !calls.isEmpty && !(isStreaming && lane.isStopping)
        if wasCut { lane.requestsFailed("connection closed by the server", count: calls.count) }
        lane.connectionEnded(cleanly: !wasCut, depth: depth)
        calls = [:]
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A connection that is cut within calls is counted with them.
        if calls.isEmpty { lane.requestsFailed(TLSTrust.reason(ofFailed: error), count: 1) }
        context.close(promise: nil)
    }

    private func flush(_ context: ChannelHandlerContext) {
        if let output = session.takeOutput() { context.writeAndFlush(wrapOutboundOut(output), promise: nil) }
    }

    private func handle(_ event: GRPCLoadSession.Event) {
        switch event {
        case .ready: startCalls()
        case .message(let stream, let message):
            if isStreaming { responseArrived(message, on: stream) } else { calls[stream]?.answer = message }
        case .ended(let stream, let status): callEnded(stream, status)
        }
    }

    private func startCalls() {
        while calls.count < depth, session.canStart, !lane.isStopping {
            calls[session.start()] = Call(sentAt: MonotonicTime.now().nanoseconds)
        }
    }

    private func callEnded(_ stream: UInt32, _ status: GRPCStatus) {
        guard let call = calls.removeValue(forKey: stream) else { return }
        if status.code != 0 {
            lane.requestRefused(status)
        } else if isStreaming {
            lane.requestsFailed("stream ended by the server", count: 1)
        } else if let answer = call.answer {
            lane.requestSucceeded(answer, after: MonotonicTime.now().nanoseconds &- call.sentAt)
        } else {
            lane.requestsFailed("success without an answer", count: 1)
        }
        startCalls()
    }

    private func responseArrived(_ message: ByteBuffer, on stream: UInt32) {
        guard let scan = StreamedAnswerScan(message), let sentAt = calls[stream]?.sentAt else {
            return lane.requestsFailed("unreadable response", count: 1)
        }
        if scan.isError {
            lane.requestsFailed("error on the stream", count: 1)
        } else {
            if scan.hasOutputs { lane.responseArrived() }
            guard scan.isFinal else { return }
            lane.requestSucceeded(message, after: MonotonicTime.now().nanoseconds &- sentAt)
        }
        guard !lane.isStopping else { return }
        calls[stream]?.sentAt = MonotonicTime.now().nanoseconds
        session.sendMessage(on: stream)
    }
}

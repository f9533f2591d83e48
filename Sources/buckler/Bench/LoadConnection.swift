// SPDX-License-Identifier: Apache-2.0
import Inference
import KServeClient
import NIOCore

/// One HTTP/1.1 connection that keeps `depth` requests under way: each answer sends the next request.
final class LoadConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let lane: LoadLane
    private let request: ByteBuffer
    private let depth: Int
    private var reader = ResponseReader()
    private var received: ByteBuffer?
    /// When each request under way was sent, oldest first from `oldest` on; a ring of `depth` places.
    private var sentAt: [UInt64]
    private var oldest = 0
    private var inFlight = 0
    private var isBroken = false

    init(lane: LoadLane, request: ByteBuffer, depth: Int) {
        self.lane = lane
        self.request = request
        self.depth = depth
        sentAt = Array(repeating: 0, count: depth)
    }

    func channelActive(context: ChannelHandlerContext) {
        for _ in 0..<depth { send(context) }
        context.flush()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        if var earlier = received {
            received = nil
            earlier.writeBuffer(&buffer)
            buffer = earlier
        }
        do throws(FramingError) {
            while let response = try reader.next(in: &buffer) {
                guard inFlight > 0 else { throw .notHTTP }
                complete(response, context)
            }
            if buffer.readableBytes > 0 { received = buffer }
        } catch {
            lane.requestsFailed("unreadable answer (\(error))", count: max(inFlight, 1))
            inFlight = 0
            context.close(promise: nil)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.flush()
        if lane.isStopping, inFlight == 0 { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if inFlight > 0 { lane.requestsFailed("connection closed by the server", count: inFlight) }
        lane.connectionEnded(cleanly: inFlight == 0 && !isBroken, depth: depth)
        inFlight = 0
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let reason = TLSTrust.reason(ofBroken: error) {
            lane.requestsFailed(reason, count: inFlight)
            inFlight = 0
            isBroken = true
        }
        context.close(promise: nil)
    }

    private func send(_ context: ChannelHandlerContext) {
        sentAt[(oldest + inFlight) % depth] = MonotonicTime.now().nanoseconds
        inFlight += 1
        context.write(wrapOutboundOut(request), promise: nil)
    }

    private func complete(_ response: FramedResponse, _ context: ChannelHandlerContext) {
        let latency = MonotonicTime.now().nanoseconds &- sentAt[oldest]
        oldest = (oldest + 1) % depth
        inFlight -= 1
        lane.requestAnswered(response, after: latency)
        if response.closesConnection {
            inFlight = 0
            context.close(promise: nil)
        } else if !lane.isStopping {
            send(context)
        }
    }
}

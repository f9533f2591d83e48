// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOCore
import NIOHTTP1
import NIOHTTP2
import Transport

/// What concerns an HTTP/2 connection as a whole: when it has gone on for long enough without a request, how it ends, and
/// what its streams hold together. Stands between NIO's handler and the one that makes streams into channels.
final class HTTP2Connection: ChannelInboundHandler, ChannelOutboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias InboundOut = HTTP2Frame
    typealias OutboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    let budget: ConnectionBudget
    private let shared: ConnectionContext
    private let watch: FrameWatch
    private var life: ConnectionLife
    private var context: ChannelHandlerContext?
    private var timer: (at: MonotonicTime, task: Scheduled<Void>)?
    private var lastStream = HTTP2StreamID.rootStream
    /// The client knows which stream is the last.
    private var hasSaidLast = false
    private var isReadHeld = false
    private var isClosing = false

    private var limits: ConnectionLimits { shared.connectionLimits }

    init(_ shared: ConnectionContext, watch: FrameWatch) {
        self.shared = shared
        self.watch = watch
        let limits = shared.connectionLimits
        budget = ConnectionBudget(limit: limits.bytesInFlightPerConnection)
        var keepalive = ConnectionKeepalive()
        keepalive.firstFrameNanoseconds = Self.nanoseconds(limits.headerSeconds)
        keepalive.idleNanoseconds = Self.nanoseconds(limits.idleSeconds)
        life = ConnectionLife(keepalive: keepalive, ageNanoseconds: nil, now: .now())
    }

    private static func nanoseconds(_ seconds: Int) -> UInt64 { UInt64(max(1, seconds)) &* 1_000_000_000 }

    // MARK: the connection's life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        armTimer()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.task.cancel()
        timer = nil
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        life.closed()
        timer?.task.cancel()
        timer = nil
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        context.fireUserInboundEventTriggered(event)
        switch event {
        case is NIOHTTP2StreamCreatedEvent: life.callOpened()
        case is StreamClosedEvent:
            life.callClosed(at: .now())
            armTimer()
            if life.isDone { closeWhenFlushed() }
        case is ChannelShouldQuiesceEvent: perform(life.drain(at: .now()))
        case ChannelEvent.inputClosed: close()
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let refusal = HTTP2Refusal(error) {
            shared.note(.badRequest, refusal.reason, from: context.remoteAddress?.ipAddress ?? "")
        }
        guard watch.lastWasReset || error is NIOHTTP2Errors.StreamError else { return close() }
        context.fireErrorCaught(error)
    }

    private func close() {
        life.closed()
        context?.close(promise: nil)
    }

    // MARK: frames

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.payload {
        case .headers where frame.streamID > lastStream:
            guard !hasSaidLast else {
                let refusal = HTTP2Frame(streamID: frame.streamID, payload: .rstStream(.refusedStream))
                return context.writeAndFlush(wrapOutboundOut(refusal), promise: nil)
            }
            lastStream = frame.streamID
        case .ping(let data, ack: true): perform(life.pingAnswered(data.integer))
        default: break
        }
        if !life.hasSpoken { life.received(at: .now()) }
        context.fireChannelRead(data)
    }

    private func perform(_ actions: [ConnectionLife.Action]) {
        guard !actions.isEmpty else { return }
        for action in actions {
            switch action {
            case .ping(let data): write(.ping(HTTP2PingData(withInteger: data), ack: false))
            case .announceGoAway: write(.goAway(lastStreamID: .maxID, errorCode: .noError, opaqueData: nil))
            case .goAway:
                hasSaidLast = true
                write(.goAway(lastStreamID: lastStream, errorCode: .noError, opaqueData: nil))
            case .close: return close()
            }
        }
        context?.flush()
        if life.isDone { closeWhenFlushed() } else { armTimer() }
    }

    private func write(_ payload: HTTP2Frame.FramePayload, promise: EventLoopPromise<Void>? = nil) {
        context?.write(wrapOutboundOut(HTTP2Frame(streamID: .rootStream, payload: payload)), promise: promise)
    }

    /// The last streams' frames are on their way: closes behind them.
    private func closeWhenFlushed() {
        guard !isClosing, let context else { return }
        isClosing = true
        let channel = context.channel
        let written = context.eventLoop.makePromise(of: Void.self)
        // A peer that reads nothing is not waited for for ever.
        let lastCall = context.eventLoop.scheduleTask(in: .seconds(Int64(limits.headerSeconds))) {
            channel.close(promise: nil)
        }
        written.futureResult.whenComplete { _ in
            lastCall.cancel()
            channel.close(promise: nil)
        }
        write(.goAway(lastStreamID: lastStream, errorCode: .noError, opaqueData: nil), promise: written)
        context.flush()
    }

    // MARK: backpressure

    /// A client that reads nothing of what it is answered is not read from either: frames that answer frames know no
    /// window.
    func read(context: ChannelHandlerContext) {
        if context.channel.isWritable { context.read() } else { isReadHeld = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        context.fireChannelWritabilityChanged()
        guard context.channel.isWritable, isReadHeld else { return }
        isReadHeld = false
        context.read()
    }

    // MARK: time

    private func armTimer() {
        guard let context, let wake = life.nextWake, !isClosing else { return }
        if let timer, timer.at <= wake { return }
        timer?.task.cancel()
        let delay = max(Int64(clamping: wake.nanoseconds(since: .now())), 1_000_000)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = (wake, context.eventLoop.scheduleTask(in: .nanoseconds(delay)) { bound.value.timerFired() })
    }

    private func timerFired() {
        timer = nil
        perform(life.timerFired(at: .now()))
        armTimer()
    }
}

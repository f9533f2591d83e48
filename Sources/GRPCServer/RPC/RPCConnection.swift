// SPDX-License-Identifier: Apache-2.0
import Inference
package import NIOCore
package import NIOHTTP2
import NIOTLS
import Transport

/// All calls of one connection, straight on HTTP/2 frames.
///
/// Frames that answer are written at the end of the loop's turn: after all that one read brought, or after all that
/// other threads posted together.
package final class RPCConnection: ChannelInboundHandler, ChannelOutboundHandler {
    package typealias InboundIn = HTTP2Frame
    package typealias OutboundIn = HTTP2Frame
    package typealias OutboundOut = HTTP2Frame

    let shared: RPCContext
    let watch: FrameWatch
    let eventLoop: any EventLoop
    var context: ChannelHandlerContext?
    var calls = CallTable()
    var life: ConnectionLife
    var strikes: PingStrikes
    var excessStreams: FloodCount
    private(set) var remoteAddress = ""
    /// Who the client proved to be when the connection was made.
    private(set) var peerCertificate: PeerCertificate?
    private(set) var place: ConnectionPlace?
    var isClosed = false
    private var isInRead = false
    private var isFlushScheduled = false
    private var isReadHeld = false
    private var unwritableSince: MonotonicTime?
    /// When calls that nothing is done for are next ended, once the server is on its way out.
    private var drainCheck: MonotonicTime?
    private var timer: WakeUp?
    private let requiresALPN: Bool

    // What is under way, both ways.
    var receiveWindow: ReceiveWindow
    /// Bytes of calls that keep the connection's window from opening.
    var retainedBytes = 0
    var chargedBytes = 0
    /// What the client lets us send on all streams together, and on a new one.
    var sendWindow = 65_535
    var peerInitialWindow = 65_535
    var unsentBytes = 0
    private(set) var isCongested = false
    /// Calls with something to send and leave to do so.
    var readyCalls = CircularBuffer<ServedCall>()
    /// Streams that ended before the client had sent all; reset once their last frame has left.
    var streamsToReset: [HTTP2StreamID] = []
    var lastStream = HTTP2StreamID.rootStream

    init(shared: RPCContext, watch: FrameWatch, eventLoop: any EventLoop, requiresALPN: Bool) {
        self.shared = shared
        self.watch = watch
        self.eventLoop = eventLoop
        self.requiresALPN = requiresALPN
        let settings = shared.settings
        life = ConnectionLife(
            keepalive: settings.connectionKeepalive,
            ageNanoseconds: settings.randomAgeNanoseconds,
            now: .now()
        )
        strikes = settings.pingStrikes
        excessStreams = FloodCount(limit: settings.resetFrames, seconds: settings.floodWindowSeconds)
        receiveWindow = ReceiveWindow(target: settings.connectionWindowBytes, size: 65_535)
    }

    // MARK: the connection's life

    package func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    package func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        self.context = nil
    }

    package func channelActive(context: ChannelHandlerContext) {
        remoteAddress = context.remoteAddress?.ipAddress ?? ""
        let channel = context.channel
        place = shared.connections.opened(from: remoteAddress) { channel.close(promise: nil) }
        guard place != nil else { return close() }
        openConnectionWindow()
        context.flush()
        armTimer()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        place?.leave()
        place = nil
        isClosed = true
        life.closed()
        timer?.cancel()
        timer = nil
        dropCalls()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case let event as NIOHTTP2WindowUpdatedEvent: windowChanged(event)
        case let event as StreamClosedEvent: streamClosed(event.streamID)
        case is NIOHTTP2StreamCreatedEvent: break
        case is ChannelShouldQuiesceEvent:
            perform(life.drain(at: .now()))
            scheduleDrainCheck(from: .now(), seconds: Self.drainSeconds)
        case TLSUserEvent.handshakeCompleted(let agreed):
            // Only a client that asked for HTTP/2 by name means what its bytes will be read as.
            if requiresALPN, agreed != "h2" { return close() }
            peerCertificate = PeerCertificate.verified(on: context.pipeline.syncOperations)
        case ChannelEvent.inputClosed: close()
        default: break
        }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !isClosed { noteRefusal(error) }
        if watch.lastWasReset { return }
        close()
    }

    func close() {
        isClosed = true
        life.closed()
        context?.close(promise: nil)
    }

    // MARK: frames

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosed else { return }
        isInRead = true
        let frame = unwrapInboundIn(data)
        switch frame.payload {
        case .data(let data): dataArrived(data, on: frame.streamID)
        case .headers(let headers): headersArrived(headers, on: frame.streamID)
        case .windowUpdate(let increment): peerOpenedWindow(of: frame.streamID, by: increment)
        case .settings(.settings(let settings)): settingsArrived(settings)
        case .ping(let data, ack: true): perform(life.pingAnswered(data.integer))
        case .ping(_, ack: false): pinged()
        default: break
        }
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        if isInRead {
            let isFirst = !life.hasSpoken
            life.received(at: .now())
            // Calls may have come along with the preface, and pings are due only now.
            if isFirst { armTimer() }
        }
        isInRead = false
        guard !isClosed else { return }
        openConnectionWindow()
        endTurn()
    }

    private func pinged() {
        noteSent()
        if strikes.pinged(at: .now(), hasCalls: life.hasCalls) { sendAway("too_many_pings") }
    }

    func sendAway(_ reason: String) {
        guard let context else { return }
        let goAway = HTTP2Frame.FramePayload.goAway(
            lastStreamID: lastStream,
            errorCode: .enhanceYourCalm,
            opaqueData: ByteBuffer(string: reason)
        )
        context.writeAndFlush(wrapOutboundOut(HTTP2Frame(streamID: .rootStream, payload: goAway)), promise: nil)
        close()
    }

    func noteSent() {
        guard watch.takeHasSent() else { return }
        strikes.sent()
        life.sent()
    }

    func perform(_ actions: [ConnectionLife.Action]) {
        guard let context, !actions.isEmpty else { return }
        for action in actions {
            switch action {
            case .ping(let data):
                write(.ping(HTTP2PingData(withInteger: data), ack: false), on: .rootStream)
            case .announceGoAway:
                write(.goAway(lastStreamID: .maxID, errorCode: .noError, opaqueData: nil), on: .rootStream)
            case .goAway:
                write(.goAway(lastStreamID: lastStream, errorCode: .noError, opaqueData: nil), on: .rootStream)
            case .close:
                context.flush()
                return close()
            }
        }
        turnNeedsEnd()
        armTimer()
    }

    func write(_ payload: HTTP2Frame.FramePayload, on stream: HTTP2StreamID) {
        context?.write(wrapOutboundOut(HTTP2Frame(streamID: stream, payload: payload)), promise: nil)
    }

    // MARK: the end of a turn

    /// Has ``endTurn()`` called once everything that happens now has happened.
    func turnNeedsEnd() {
        guard !isInRead, !isFlushScheduled, !isClosed else { return }
        isFlushScheduled = true
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute {
            bound.value.isFlushScheduled = false
            bound.value.endTurn()
        }
    }

    func endTurn() {
        guard let context, !isClosed else { return }
        sendReady(context)
        context.flush()
        noteSent()
        resetEndedStreams(context)
        relieve()
        if life.isDone { closeWhenFlushed(context) }
    }

    /// Closes once everything written has reached the socket.
    private func closeWhenFlushed(_ context: ChannelHandlerContext) {
        guard !isClosed, unsentBytes == 0, streamsToReset.isEmpty else { return }
        isClosed = true
        let channel = context.channel
        let last = HTTP2Frame.FramePayload.goAway(lastStreamID: lastStream, errorCode: .noError, opaqueData: nil)
        let written = eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(HTTP2Frame(streamID: .rootStream, payload: last)), promise: written)
        // A peer that reads nothing, or has not finished its handshake, is not waited for for ever.
        let patience = TimeAmount.seconds(Int64(shared.settings.connectionLimits.headerSeconds))
        let lastCall = eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
        written.futureResult.whenComplete { _ in
            lastCall.cancel()
            channel.close(promise: nil)
        }
    }

    // MARK: backpressure

    /// A client that reads nothing of what it is answered is not read from either: trailers know no window.
    package func read(context: ChannelHandlerContext) {
        if context.channel.isWritable { context.read() } else { isReadHeld = true }
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable else {
            unwritableSince = .now()
            return wakeAtLatest(messageDeadline(from: .now()))
        }
        unwritableSince = nil
        turnNeedsEnd()
        guard isReadHeld else { return }
        isReadHeld = false
        context.read()
    }

    /// Whether so much waits to be sent that nothing more is taken on.
    private func relieve() {
        let limit = shared.settings.connectionLimits.bytesInFlightPerConnection
        if isCongested, unsentBytes <= limit / 2 {
            isCongested = false
            for call in calls.calls { call.advance() }
        }
    }

    func noteCongestion() {
        if unsentBytes > shared.settings.connectionLimits.bytesInFlightPerConnection { isCongested = true }
    }

    // MARK: time

    func messageDeadline(from now: MonotonicTime) -> MonotonicTime {
        now.advanced(byNanoseconds: UInt64(max(1, shared.settings.connectionLimits.bodySeconds)) &* 1_000_000_000)
    }

    func wakeAtLatest(_ time: MonotonicTime?) {
        guard let time, place != nil, !isClosed else { return }
        if let timer, timer.time <= time { return }
        timer?.cancel()
        timer = WakeUp(self, at: time, eventLoop: eventLoop)
    }

    /// What a stream without a request, or a client that does not read its answer, may hold up the server's end.
    private static let drainSeconds: UInt64 = 3

    private func scheduleDrainCheck(from now: MonotonicTime, seconds: UInt64) {
        drainCheck = now.advanced(byNanoseconds: seconds &* 1_000_000_000)
        wakeAtLatest(drainCheck)
    }

    /// Calls whose messages are with a model go on; all others have had their time.
    private func endIdleCalls(at now: MonotonicTime) {
        let status = RPCStatus(.unavailable, "the server is shutting down")
        for call in calls.calls where call.state.inFlight == 0 { overdue(call, status) }
        scheduleDrainCheck(from: now, seconds: 1)
    }

    func armTimer() { wakeAtLatest(life.nextWake) }

    func timerFired() {
        timer = nil
        guard !isClosed else { return }
        let now = MonotonicTime.now()
        if let since = unwritableSince, messageDeadline(from: since) <= now { return close() }
        for call in calls.calls {
            if let status = call.overdue(at: now) { overdue(call, status) }
        }
        if let check = drainCheck, check <= now { endIdleCalls(at: now) }
        wakeAtLatest(drainCheck)
        perform(life.timerFired(at: now))
        wakeAtLatest(unwritableSince.map { messageDeadline(from: $0) })
        wakeAtLatest(calls.calls.lazy.compactMap(\.nextWake).min())
        armTimer()
    }
}

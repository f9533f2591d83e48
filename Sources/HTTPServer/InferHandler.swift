// SPDX-License-Identifier: Apache-2.0
import Inference
package import NIOCore
package import NIOHTTP1
import NIOTLS
package import Transport

/// Answers infer requests on the event loop and passes all others on to the router behind it; owns the order of
/// requests and all timers of its connection. What to do when is decided by ``InferConnection``.
package final class InferHandler: ChannelInboundHandler, ChannelOutboundHandler {
    package typealias InboundIn = HTTPServerRequestPart
    package typealias InboundOut = HTTPServerRequestPart
    package typealias OutboundIn = IOData
    package typealias OutboundOut = IOData

    let shared: ConnectionContext
    let mailbox: CompletionMailbox?
    var connection: InferConnection
    var context: ChannelHandlerContext?
    /// The hot request in hand, until it is answered.
    var exchange: InferExchange?
    /// Kept from answer to answer, so that an ordinary one allocates nothing.
    var answerHead = ByteBuffer()
    var answerBody = ByteBuffer()
    /// What was written last, for the audit log.
    struct Answer {
        var status = 0
        var bytes = 0
    }

    var lastAnswer = Answer()
    private(set) var remoteAddress = ""
    /// Who the client proved to be when the connection was made.
    private(set) var certificate: PeerCertificate?
    let peer: ConnectionPeer?
    let place: Place
    /// Among all connections, if it is for this handler to count it.
    private var seat: ConnectionPlace?
    var isServed = false
    var isProven = false
    private var isRouted = false
    /// How far the router's answer to the request in its hands has come.
    private enum ColdAnswer { case awaited, begun, refused }
    private var coldAnswer = ColdAnswer.awaited
    private var held = CircularBuffer<HTTPServerRequestPart>()
    private var isTakingHeld = false
    private var sawPart = false
    /// Whether the router has parts that it will look at only when the read is complete.
    private var hasPassedOn = false
    /// Messages that the parser has seen the end of.
    private(set) var endedMessages: UInt64 = 0
    var timer: ConnectionTimer?
    /// Why nothing more can be read. It is answered behind the requests that came before it.
    private var fault: RequestFault?

    package convenience init(shared: ConnectionContext, eventLoop: any EventLoop, peer: ConnectionPeer? = nil) {
        self.init(shared: shared, eventLoop: eventLoop, peer: peer, place: .accepted)
    }

    init(shared: ConnectionContext, eventLoop: any EventLoop, peer: ConnectionPeer?, place: Place) {
        self.shared = shared
        self.peer = peer
        self.place = place
        mailbox = shared.hot?.mailboxes.mailbox(of: eventLoop)
        connection = InferConnection(now: .now())
    }

    // MARK: the connection's life

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if case .accepted = place { return }
        remoteAddress = context.channel.remoteAddress?.ipAddress ?? ""
        certificate = peer?.certificate
        isServed = true
        armTimer()
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        self.context = nil
    }

    package func channelActive(context: ChannelHandlerContext) {
        if case .accepted = place {
            remoteAddress = context.remoteAddress?.ipAddress ?? ""
            let channel = context.channel
            seat = shared.connections.opened(from: remoteAddress) { channel.close(promise: nil) }
            peer?.place = seat
            isServed = seat != nil
        }
        context.fireChannelActive()
        guard isServed else { return close() }
        armTimer()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        if let seat {
            seat.leave()
            peer?.place = nil
        }
        seat = nil
        connection.close()
        held.removeAll()
        exchange?.abandon()
        exchange = nil
        timer?.cancel()
        timer = nil
        context.fireChannelInactive()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            if connection.quiesceRequested(now: .now()) { closeWhenFlushed() } else { armTimer() }
        case ChannelEvent.inputClosed:
            switch connection.inputClosed() {
            case .passOn: context.fireUserInboundEventTriggered(event)
            case .close, .cancelAndClose: close()
            }
        case TLSUserEvent.handshakeCompleted:
            certificate = peer?.certificate
            context.fireUserInboundEventTriggered(event)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A parser that has failed fails again with all that it is given. Once closed, the last answer is on its way.
        guard !isBroken else { return }
        switch error {
        case let error as HTTPParserError: faultArrived(RequestFault(error, limits: shared.connectionLimits))
        case StreamHead.Fault.tooLarge: faultArrived(.tooLarge(shared.connectionLimits))
        case StreamHead.Fault.twoHosts: faultArrived(.twoHosts)
        default: close()
        }
    }

    /// Nothing more can be read: what came before is served and answered, then the client is told why, then it ends.
    private func faultArrived(_ fault: RequestFault, target: String? = nil) {
        guard connection.accepts(isHead: false) else { return }
        switch connection.state {
        // Of the request in hand there is a line already, or there will be one that says how it ended.
        case .hotBody, .discarding, .coldBody(answeredWithLeft: _?): break
        case .idle, .submitted, .coldBody(answeredWithLeft: nil), .coldAnswering, .closed: note(fault, target: target)
        }
        guard connection.holdsParts || !held.isEmpty else { return answer(fault) }
        self.fault = fault
        if !connection.partHeld(bytes: 0) { close() }
    }

    private func answer(_ fault: RequestFault) {
        switch connection.state {
        case .idle, .hotBody: refuseConnection(fault.status, fault.message)
        case .discarding, .coldBody(answeredWithLeft: _?):
            connection.close()
            closeWhenFlushed()
        case .coldBody(answeredWithLeft: nil): refuseInPlaceOfRouter(fault.status, fault.message)
        case .submitted, .coldAnswering, .closed: break
        }
    }

    /// Answers whatever is being read with an error that ends the connection.
    func refuseConnection(_ status: HTTPResponseStatus, _ message: String) {
        var head = AnswerHead(status: status, contentLength: 0)
        head.connection = .close
        write(head, body: ControlDocuments.error(message), echoing: nil)
        exchange?.conclude(lastAnswer)
        exchange?.release()
        exchange = nil
        connection.close()
        closeWhenFlushed()
    }

    func close() {
        connection.close()
        held.removeAll()
        exchange?.abandon()
        exchange = nil
        context?.close(promise: nil)
    }

    /// Closes once everything written has reached the socket.
    func closeWhenFlushed() {
        if let stream { return stream.endWhenSent() }
        guard let context else { return }
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.byteBuffer(ByteBuffer()))).whenComplete { _ in
            channel.close(promise: nil)
        }
    }

    // MARK: parts of requests

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if case .end = part { endedMessages &+= 1 }
        partArrived(part)
    }

    /// A part came, out of the parser or from ``HotRequestHandler``.
    func partArrived(_ part: HTTPServerRequestPart) {
        sawPart = true
        guard let context, !isBroken else { return }
        if case .head(let head) = part {
            // The parser takes all that follows for another protocol and keeps it, without bound.
            if head.method == .CONNECT || head.headers.contains(name: "upgrade") {
                return faultArrived(.tunnel, target: head.uri)
            }
            guard connection.accepts(isHead: true) else { return }
        } else if !connection.accepts(isHead: false) {
            return
        }
        if connection.holdsParts || (!held.isEmpty && !isTakingHeld) {
            held.append(part)
            if !connection.partHeld(bytes: part.heldBytes) { close() }
        } else {
            take(part, context: context)
        }
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        if !sawPart, stream == nil { connection.bytesWithoutPartArrived(now: .now()) }
        sawPart = false
        armTimer()
        guard hasPassedOn else { return }
        hasPassedOn = false
        context.fireChannelReadComplete()
    }

    private func passOn(_ part: HTTPServerRequestPart, context: ChannelHandlerContext) {
        if case .stream(_, _, let routing) = place, !isRouted {
            isRouted = true
            do { try routing(self, context.channel) } catch { return close() }
        }
        hasPassedOn = true
        context.fireChannelRead(wrapInboundOut(part))
    }

    private func take(_ part: HTTPServerRequestPart, context: ChannelHandlerContext) {
        switch part {
        case .head(let head): headArrived(head, context: context)
        case .body(let bytes):
            switch connection.bodyArrived(bytes: bytes.readableBytes) {
            case .keep: bodyArrived(bytes)
            case .passOn: passOn(part, context: context)
            case .discard: break
            case .close: closeWhenFlushed()
            }
        case .end:
            switch connection.endArrived(now: .now()) {
            case .submit: submit()
            case .passOn: passOn(part, context: context)
            case .passOnThenNext:
                passOn(part, context: context)
                takeHeld()
            case .next: takeHeld()
            case .close: closeWhenFlushed()
            case .discard: break
            }
        }
    }

    private func headArrived(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
        let now = MonotonicTime.now()
        var head = head
        let absolute = head.uri.utf8.first == UInt8(ascii: "/") ? nil : AbsoluteTarget(head.uri)
        if let absolute { head.uri = absolute.path }
        var request = InferRequestHead(head.headers)
        if let cors = shared.cors { request.crossOrigin = cors.grant(head.headers.first(name: "origin")) }
        let isHTTP10 = head.version != .http1_1
        if let fault = RequestFault(head, limits: shared.connectionLimits)
            ?? RequestFault(request, isHTTP10: isHTTP10) ?? misdirection(head.headers, target: absolute)
        {
            connection.headArrived(isHot: true, keepsAlive: head.isKeepAlive, now: now)
            note(fault, target: head.uri, request: request)
            refuse(fault, request: request, isHTTP10: isHTTP10)
        } else if let hot = shared.hot, head.method == .POST,
            case .model(let path, let action)? = RouteTable.match(head.uri), let inference = action.inference
        {
            connection.headArrived(isHot: true, keepsAlive: head.isKeepAlive, now: now)
            admit(
                request,
                isHTTP10: isHTTP10,
                path: path,
                action: inference,
                headers: head.headers,
                hot: hot,
                now: now
            )
        } else {
            coldAnswer = .awaited
            connection.headArrived(isHot: false, keepsAlive: head.isKeepAlive, now: now)
            if request.expectsContinue { writeContinue() }
            passOn(.head(head), context: context)
        }
    }

    /// The target's own authority is what counts for HTTP, but a page of another site is told by either.
    private func misdirection(_ headers: HTTPHeaders, target: AbsoluteTarget?) -> RequestFault? {
        guard !shared.hosts.allowsAny else { return nil }
        let named = [headers.first(name: "host"), target?.authority].compactMap { $0 }
        return named.allSatisfy { shared.hosts.allows($0) } ? nil : .misdirected
    }

    // MARK: requests that the parser never saw

    /// Whether all that still comes is for no one.
    var isBroken: Bool { connection.state == .closed || fault != nil }

    /// Whether a request may come past the parser: none is in hand, and nothing waits.
    var takesHotRequest: Bool {
        connection.state == .idle && !connection.holdsParts && held.isEmpty && !isTakingHeld && fault == nil
    }

    func hotHeadArrived(_ head: HotHead) {
        guard let hot = shared.hot else { return }
        sawPart = true
        let now = MonotonicTime.now()
        connection.headArrived(isHot: true, keepsAlive: true, now: now)
        admit(head.request, isHTTP10: false, path: head.path, hot: hot, now: now)
    }

    /// Takes up what waited, until something has to wait again.
    func takeHeld() {
        guard !isTakingHeld, let context else { return }
        isTakingHeld = true
        let hadHeld = !held.isEmpty
        while !connection.holdsParts, connection.state != .closed, let part = held.popFirst() {
            connection.heldPartTaken(bytes: part.heldBytes)
            take(part, context: context)
        }
        isTakingHeld = false
        if let fault, held.isEmpty, !connection.holdsParts { answer(fault) }
        // The router's channel hands parts on only when a read is complete, and the one that brought these long was.
        if hadHeld { context.fireChannelReadComplete() }
        if connection.takeHeldRead() { context.read() }
    }

    // MARK: backpressure, both ways

    package func read(context: ChannelHandlerContext) {
        if connection.readRequested() { context.read() }
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        connection.writabilityChanged(context.channel.isWritable)
        if context.channel.isWritable { takeHeld() }
        context.fireChannelWritabilityChanged()
    }

    /// The router has something to write.
    /// - Returns: whether it may: it comes too late if the client was told already that its request cannot be read.
    func coldAnswers() -> Bool {
        guard coldAnswer != .refused else { return false }
        coldAnswer = .begun
        return true
    }

    /// The rest of a request that the router waits for will not come.
    func refuseInPlaceOfRouter(_ status: HTTPResponseStatus, _ message: String) {
        guard coldAnswer == .awaited else { return close() }
        coldAnswer = .refused
        refuseConnection(status, message)
    }

    /// The router wrote the end of its answer.
    func coldAnswered() {
        switch connection.coldAnswered(now: .now()) {
        case .next: takeHeld()
        case .close: closeWhenFlushed()
        case .drain: break
        }
    }
}

extension HTTPServerRequestPart {
    fileprivate var heldBytes: Int {
        switch self {
        case .body(let bytes): bytes.readableBytes
        case .head, .end: 0
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
internal import NIOCore
private import NIOHPACK
internal import NIOHTTP2
private import NIOSSL
private import NIOTLS

/// The frames of one connection, sorted into calls. Used on the connection's event loop only.
final class GRPCClientHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private final class Stream {
        var state: GRPCStreamState
        var waiting: EventLoopPromise<ByteBuffer?>?
        var deadline: Scheduled<Void>?

        init(_ state: GRPCStreamState) { self.state = state }
    }

    private let address: ServerAddress
    private let isEncrypted: Bool
    private let settings: GRPCConnection.Settings
    private let loop: any EventLoop
    private var context: ChannelHandlerContext?
    private var streams: [HTTP2StreamID: Stream] = [:]
    private var nextStream = 1
    /// What calls that were over before anybody asked for their answer are told when somebody does.
    private var lateFailures: [HTTP2StreamID: ClientError] = [:]
    /// Why no new calls can begin.
    private var failure: ClientError?
    private var hasHeard = false

    init(address: ServerAddress, isEncrypted: Bool, settings: GRPCConnection.Settings, loop: any EventLoop) {
        self.address = address
        self.isEncrypted = isEncrypted
        self.settings = settings
        self.loop = loop
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        fail(.connectionLost(address))
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        let more = settings.window - HTTP2Window.initial
        if more > 0 { write(.windowUpdate(windowSizeIncrement: more), on: .rootStream) }
        context.flush()
        context.fireChannelActive()
    }

    // What calls ask for.

    /// - Returns: the number of the new stream.
    func open(_ path: String, metadata: [(String, String)], timeoutSeconds: Int?) throws(ClientError) -> Int {
        if let failure { throw failure }
        guard let context, nextStream < Int(Int32.max) - 2 else { throw .connectionLost(address) }
        let number = nextStream
        let stream = HTTP2StreamID(number)
        nextStream += 2
        streams[stream] = Stream(GRPCStreamState(messageLimit: settings.messageLimit, window: settings.window))
        if let timeoutSeconds { setDeadline(timeoutSeconds, of: stream) }
        let head = GRPCRequestHead(path: path, authority: address.authority, isEncrypted: isEncrypted)
        let headers = head.headers(metadata: settings.apiKey.authorizing(metadata), timeoutSeconds: timeoutSeconds)
        write(.headers(.init(headers: headers)), on: stream)
        context.flush()
        return number
    }

    private func setDeadline(_ seconds: Int, of stream: HTTP2StreamID) {
        let handler = NIOLoopBound(self, eventLoop: loop)
        streams[stream]?.deadline = loop.scheduleTask(in: .seconds(Int64(seconds))) {
            handler.value.timedOut(stream, after: seconds)
        }
    }

    /// - Parameter message: `nil` for none, as when only the stream's end is to be told.
    func send(_ message: [UInt8]?, endStream: Bool, on number: Int) -> EventLoopFuture<Void> {
        let stream = HTTP2StreamID(number)
        // How a call ended is what the reader of its answer is told.
        guard let context, streams[stream]?.state.isOpen == true else { return loop.makeSucceededVoidFuture() }
        let data = message.map { GRPCMessageReader.framed($0) } ?? ByteBuffer()
        let payload = HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(data), endStream: endStream))
        let sent = loop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(HTTP2Frame(streamID: stream, payload: payload)), promise: sent)
        return sent.futureResult.recover { _ in }
    }

    /// At most one may wait on a stream at a time.
    func nextMessage(on number: Int) -> EventLoopFuture<ByteBuffer?> {
        let stream = HTTP2StreamID(number)
        if let late = lateFailures.removeValue(forKey: stream) { return loop.makeFailedFuture(late) }
        guard streams[stream] != nil else { return loop.makeFailedFuture(failure ?? .connectionLost(address)) }
        let promise = loop.makePromise(of: ByteBuffer?.self)
        streams[stream]?.waiting = promise
        deliver(stream)
        context?.flush()
        return promise.futureResult
    }

    func cancel(_ number: Int) {
        lateFailures[HTTP2StreamID(number)] = nil
        reset(HTTP2StreamID(number), failing: .rpcFailed(GRPCStatus(code: GRPCStatus.cancelled)))
        context?.flush()
    }

    private func timedOut(_ stream: HTTP2StreamID, after seconds: Int) {
        let error = ClientError.timedOut(address, seconds: seconds)
        if let entry = streams[stream], entry.waiting == nil { lateFailures[stream] = error }
        reset(stream, failing: error)
        context?.flush()
    }

    // What the connection brings.

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        hasHeard = true
        switch frame.payload {
        case .headers(let headers):
            update(frame.streamID) { state throws(GRPCStatus) in
                try state.headersArrived(headers.headers, endStream: headers.endStream)
            }
        case .data(let data):
            guard case .byteBuffer(let bytes) = data.data else { return }
            let length = bytes.readableBytes + (data.paddingBytes.map { $0 + 1 } ?? 0)
            update(frame.streamID) { state throws(GRPCStatus) in
                try state.dataArrived(bytes, flowControlled: length, endStream: data.endStream)
            }
        case .rstStream(let code):
            update(frame.streamID) { $0.resetArrived(errorCode: UInt32(code.networkCode)) }
        case .goAway(let last, let code, let reason):
            serverGoesAway(after: last, code, reason: reason.map { String(buffer: $0) } ?? "")
        default: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

    func channelInactive(context: ChannelHandlerContext) { fail(lost) }

    /// A server of gRPC says something before it hangs up.
    private var lost: ClientError { hasHeard ? .connectionLost(address) : .otherProtocol(address) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let negotiated) = event as? TLSUserEvent, negotiated != "h2" {
            fail(.cannotConnect(address, reason: "its TLS does not offer HTTP/2"))
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            fail(.cannotConnect(address, reason: TLSTrust.reason(ofFailed: error)))
        // Not a frame of HTTP/2 has come, so it is something else that talks.
        case is any NIOHTTP2Error where !hasHeard: fail(.otherProtocol(address))
        case is any NIOHTTP2Error: fail(.badAnswer("it is no HTTP/2 of gRPC's kind (\(error))"))
        default: fail(lost)
        }
        context.close(promise: nil)
    }

    private func serverGoesAway(after last: HTTP2StreamID, _ code: HTTP2ErrorCode, reason: String) {
        let told = "the server is closing the connection (HTTP/2 error \(code.networkCode))"
        let status = GRPCStatus(code: GRPCStatus.unavailable, message: reason.isEmpty ? told : "\(told): \(reason)")
        if failure == nil { failure = ClientError(status, key: settings.apiKey) }
        for stream in Array(streams.keys) where stream > last { update(stream) { $0.failed(status) } }
    }

    private func fail(_ error: ClientError) {
        if failure == nil { failure = error }
        for stream in Array(streams.keys) { remove(stream, failing: failure ?? error) }
    }

    // One stream.

    private func update(_ stream: HTTP2StreamID, _ event: (inout GRPCStreamState) throws(GRPCStatus) -> Void) {
        // A frame may cross the reset of its stream.
        guard let entry = streams[stream] else { return }
        do throws(GRPCStatus) {
            try event(&entry.state)
        } catch {
            write(.rstStream(.cancel), on: stream)
        }
        deliver(stream)
    }

    private func deliver(_ id: HTTP2StreamID) {
        guard let waiting = streams[id]?.waiting else { return giveCredit(for: id) }
        if let message = streams[id]?.state.takeMessage() {
            streams[id]?.waiting = nil
            giveCredit(for: id)
            waiting.succeed(message)
        } else if let status = streams[id]?.state.status {
            giveCredit(for: id)
            streams.removeValue(forKey: id)?.deadline?.cancel()
            let error = status.code == 0 ? nil : ClientError(status, key: settings.apiKey)
            if let error { waiting.fail(error) } else { waiting.succeed(nil) }
        } else {
            giveCredit(for: id)
        }
    }

    private func giveCredit(for stream: HTTP2StreamID) {
        guard let credit = streams[stream]?.state.takeCredit(), credit > 0 else { return }
        write(.windowUpdate(windowSizeIncrement: credit), on: .rootStream)
        if streams[stream]?.state.isOpen == true { write(.windowUpdate(windowSizeIncrement: credit), on: stream) }
    }

    private func reset(_ stream: HTTP2StreamID, failing error: ClientError) {
        guard let state = streams[stream]?.state else { return }
        if state.isOpen { write(.rstStream(.cancel), on: stream) }
        if state.uncredited > 0 { write(.windowUpdate(windowSizeIncrement: state.uncredited), on: .rootStream) }
        remove(stream, failing: error)
    }

    private func remove(_ stream: HTTP2StreamID, failing error: ClientError) {
        guard let removed = streams.removeValue(forKey: stream) else { return }
        removed.deadline?.cancel()
        removed.waiting?.fail(error)
    }

    private func write(_ payload: HTTP2Frame.FramePayload, on stream: HTTP2StreamID) {
        context?.write(wrapOutboundOut(HTTP2Frame(streamID: stream, payload: payload)), promise: nil)
    }
}

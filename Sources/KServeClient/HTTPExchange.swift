// SPDX-License-Identifier: Apache-2.0
package import NIOCore
package import NIOHTTP1
private import NIOPosix
package import NIOSSL

/// One request and what came back, for commands: simple, bounded, not made to be fast.
package struct HTTPExchange: Sendable {
    package struct Answer: Sendable {
        package var status: Int
        package var headers: HTTPHeaders
        package var body: [UInt8]
    }

    package var address: ServerAddress
    package var timeoutSeconds: Int
    /// Bytes of body that are read at most.
    package var answerLimit: Int
    /// For an address of `https`, and only there.
    package var tls: NIOSSLContext?
    package var apiKey: APIKey?
    private let group: any EventLoopGroup

    package init(
        address: ServerAddress,
        timeoutSeconds: Int = 60,
        answerLimit: Int = 1 << 30,
        tls: NIOSSLContext? = nil,
        apiKey: APIKey? = nil,
        group: any EventLoopGroup = .singletonMultiThreadedEventLoopGroup
    ) {
        self.address = address
        self.timeoutSeconds = timeoutSeconds
        self.answerLimit = answerLimit
        self.tls = tls
        self.apiKey = apiKey
        self.group = group
    }

    /// - Parameter path: with its leading slash, without the address's prefix.
    package func send(
        _ method: HTTPMethod,
        _ path: String,
        headers: [(String, String)] = [],
        body: [UInt8] = []
    ) async throws(ClientError) -> Answer {
        var head = HTTPRequestHead(version: .http1_1, method: method, uri: address.pathPrefix + path)
        head.headers.add(name: "Host", value: address.authority)
        head.headers.add(name: "Connection", value: "close")
        for (name, value) in apiKey.authorizing(headers) { head.headers.add(name: name, value: value) }
        if method == .POST { head.headers.add(name: "Content-Length", value: String(body.count)) }
        do {
            return try await send(head, body: body).get()
        } catch let error as ClientError {
            throw error
        } catch {
            throw .connectionLost(address)
        }
    }

    private func send(_ head: HTTPRequestHead, body: [UInt8]) -> EventLoopFuture<Answer> {
        precondition(address.scheme.isEncrypted == (tls != nil), "TLS goes with https, and https with TLS")
        let loop = group.next()
        let answer = loop.makePromise(of: Answer.self)
        let collector = AnswerCollector.Settings(address: address, limit: answerLimit, answer: answer)
        let connecting = ClientBootstrap(group: loop)
            .connectTimeout(.seconds(Int64(min(timeoutSeconds, 10))))
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { [tls, host = address.host] channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(TLSTrust.handler(tls, host: host))
                    }
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(AnswerCollector(collector))
                }
            }
            .connect(host: address.host, port: address.port)
        let deadline = loop.scheduleTask(in: .seconds(Int64(timeoutSeconds))) { [address, timeoutSeconds] in
            answer.fail(ClientError.timedOut(address, seconds: timeoutSeconds))
        }
        connecting.whenFailure { [address] error in
            answer.fail(ClientError.cannotConnect(address, reason: ClientError.reason(ofConnecting: error)))
        }
        connecting.whenSuccess { channel in
            channel.write(HTTPClientRequestPart.head(head), promise: nil)
            if !body.isEmpty {
                channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: body))), promise: nil)
            }
            channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        }
        answer.futureResult.whenComplete { _ in
            deadline.cancel()
            connecting.whenSuccess { $0.close(promise: nil) }
        }
        return answer.futureResult
    }
}

/// Puts the parts of one answer together and fulfils the promise once.
private final class AnswerCollector: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    struct Settings: Sendable {
        var address: ServerAddress
        var limit: Int
        var answer: EventLoopPromise<HTTPExchange.Answer>
    }

    private let settings: Settings
    private var head: HTTPResponseHead?
    private var body: [UInt8] = []

    init(_ settings: Settings) { self.settings = settings }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body(let part):
            guard part.readableBytes <= settings.limit - body.count else {
                settings.answer.fail(ClientError.answerTooLarge(limit: settings.limit))
                return
            }
            body.append(contentsOf: part.readableBytesView)
        case .end:
            guard let head else { return }
            let answer = HTTPExchange.Answer(status: Int(head.status.code), headers: head.headers, body: body)
            settings.answer.succeed(answer)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        settings.answer.fail(ClientError.connectionLost(settings.address))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The parser complains of an end in the middle of an answer too.
        if let reason = TLSTrust.reason(ofBroken: error) {
            settings.answer.fail(ClientError.cannotConnect(settings.address, reason: reason))
        } else if let error = error as? HTTPParserError, error != .invalidEOFState {
            settings.answer.fail(ClientError.otherProtocol(settings.address))
        } else {
            settings.answer.fail(ClientError.connectionLost(settings.address))
        }
    }
}

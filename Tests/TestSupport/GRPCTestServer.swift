// SPDX-License-Identifier: Apache-2.0
private import NIOCore
private import NIOHPACK
private import NIOHTTP2
private import NIOPosix
private import NIOSSL
private import Synchronization

/// A gRPC server on loopback that does what a test tells it to, right or wrong.
package final class GRPCTestServer: Sendable {
    package enum Event: Sendable, Equatable {
        case message([UInt8])
        case halfClosed
    }

    /// What the server does next on the call.
    package enum Step: Sendable {
        /// Skipped where they have been sent.
        case headers([(String, String)])
        case message([UInt8])
        /// Bytes of the stream as they are.
        case bytes([UInt8])
        case trailers([(String, String)])
        case reset
        /// GOAWAY for all calls after this number.
        case goAway(Int)
        case disconnect
    }

    package typealias Script = @Sendable (_ path: String, Event) -> [Step]

    package static let success: [Step] = [.trailers([("grpc-status", "0")])]
    package static let headers = Step.headers([(":status", "200"), ("content-type", "application/grpc")])

    package let port: Int
    private let channel: any Channel
    private let heads: RequestHeads

    /// The headers of each call so far.
    package var requestHeaders: [[(String, String)]] { heads.all }

    /// - Parameter settings: HTTP/2 settings by number, such as 4 for the window of streams.
    package init(encrypted: Bool = false, settings: [(Int, Int)] = [], _ script: @escaping Script) async throws {
        var context: NIOSSLContext?
        if encrypted {
            let chain = try NIOSSLCertificate.fromPEMBytes(LoopbackCertificate.pem)
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(bytes: LoopbackCertificate.privateKey, format: .pem))
            )
            configuration.applicationProtocols = ["h2"]
            context = try NIOSSLContext(configuration: configuration)
        }
        let told = settings.map { HTTP2Setting(parameter: .init(fromNumber: $0.0), value: $0.1) }
        let heads = RequestHeads()
        self.heads = heads
        channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { [context] channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let context { try pipeline.addHandler(NIOSSLServerHandler(context: context)) }
                    try pipeline.addHandler(NIOHTTP2Handler(mode: .server, initialSettings: told))
                    try pipeline.addHandler(ScriptHandler(script, heads))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    package func stop() async throws { try await channel.close() }
}

private final class RequestHeads: Sendable {
    private let heads = Mutex<[[(String, String)]]>([])

    var all: [[(String, String)]] { heads.withLock { $0 } }

    func append(_ head: HPACKHeaders) { heads.withLock { $0.append(head.map { ($0.name, $0.value) }) } }
}

extension HTTP2SettingsParameter {
    fileprivate init(fromNumber number: Int) {
        switch number {
        case 1: self = .headerTableSize
        case 3: self = .maxConcurrentStreams
        case 4: self = .initialWindowSize
        default: self.init(extensionSetting: number)
        }
    }
}

private final class ScriptHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private let script: GRPCTestServer.Script
    private let heads: RequestHeads
    private var calls: [HTTP2StreamID: (path: String, received: ByteBuffer, hasHeaders: Bool)] = [:]

    init(_ script: @escaping GRPCTestServer.Script, _ heads: RequestHeads) {
        self.script = script
        self.heads = heads
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        let stream = frame.streamID
        switch frame.payload {
        case .headers(let headers):
            heads.append(headers.headers)
            calls[stream] = (headers.headers.first(name: ":path") ?? "", ByteBuffer(), false)
        case .data(let data):
            guard case .byteBuffer(var bytes) = data.data else { return }
            let count = bytes.readableBytes
            if count > 0 {
                write(.windowUpdate(windowSizeIncrement: count), on: .rootStream, context)
                if !data.endStream { write(.windowUpdate(windowSizeIncrement: count), on: stream, context) }
            }
            calls[stream]?.received.writeBuffer(&bytes)
            while let message = takeMessage(of: stream) { run(.message(message), on: stream, context) }
            if data.endStream { run(.halfClosed, on: stream, context) }
        default: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func takeMessage(of stream: HTTP2StreamID) -> [UInt8]? {
        guard let received = calls[stream]?.received,
            let length = received.getInteger(at: received.readerIndex + 1, as: UInt32.self),
            received.readableBytes >= 5 + Int(length)
        else { return nil }
        calls[stream]?.received.moveReaderIndex(forwardBy: 5)
        return calls[stream]?.received.readBytes(length: Int(length))
    }

    private func run(_ event: GRPCTestServer.Event, on stream: HTTP2StreamID, _ context: ChannelHandlerContext) {
        guard let path = calls[stream]?.path else { return }
        for step in script(path, event) {
            switch step {
            case .headers where calls[stream]?.hasHeaders == true: break
            case .headers(let headers):
                calls[stream]?.hasHeaders = true
                write(.headers(.init(headers: HPACKHeaders(headers))), on: stream, context)
            case .message(let message):
                var framed = ByteBuffer(integer: UInt8(0))
                framed.writeInteger(UInt32(message.count))
                framed.writeBytes(message)
                write(.data(.init(data: .byteBuffer(framed))), on: stream, context)
            case .bytes(let bytes):
                write(.data(.init(data: .byteBuffer(ByteBuffer(bytes: bytes)))), on: stream, context)
            case .trailers(let trailers):
                write(.headers(.init(headers: HPACKHeaders(trailers), endStream: true)), on: stream, context)
            case .reset: write(.rstStream(.refusedStream), on: stream, context)
            case .goAway(let last):
                let last = HTTP2StreamID(last)
                write(.goAway(lastStreamID: last, errorCode: .noError, opaqueData: nil), on: .rootStream, context)
            case .disconnect: context.close(promise: nil)
            }
        }
    }

    private func write(_ payload: HTTP2Frame.FramePayload, on stream: HTTP2StreamID, _ context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(HTTP2Frame(streamID: stream, payload: payload)), promise: nil)
    }
}

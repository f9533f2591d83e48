// SPDX-License-Identifier: Apache-2.0
import EchoServer
import NIOCore
import NIOHTTP1

/// Reads each request to its end, body included, and answers with the recorded head and body.
private final class HTTPEchoHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let head: HTTPResponseHead
    private let body: ByteBuffer

    init(_ response: RecordedResponse) {
        head = HTTPResponseHead(version: .http1_1, status: .ok, headers: HTTPHeaders(response.headers))
        body = ByteBuffer(bytes: response.body)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .end = unwrapInboundIn(data) else { return }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }
}

let server = EchoServer(arguments: CommandLine.arguments)
let response = server.response
try server.run { channel in
    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
    try channel.pipeline.syncOperations.addHandler(HTTPEchoHandler(response))
}

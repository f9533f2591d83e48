// SPDX-License-Identifier: Apache-2.0
import EchoServer
import NIOCore

/// Counts bytes and answers each time that a whole request has come: no HTTP is read or printed.
///
/// All requests of a run have one length, which the first tells: its head is looked through once.
private final class BytesEchoHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let response: ByteBuffer
    private var requestLength: Int?
    private var first = ByteBuffer()
    private var pending = 0

    init(_ response: RecordedResponse) { self.response = ByteBuffer(bytes: response.bytes) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        pending += buffer.readableBytes
        if requestLength == nil {
            first.writeBuffer(&buffer)
            requestLength = Self.length(ofRequest: first)
        }
        guard let requestLength else { return }
        while pending >= requestLength {
            pending -= requestLength
            context.write(wrapOutboundOut(response), promise: nil)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

    private static func length(ofRequest buffer: ByteBuffer) -> Int? {
        let bytes = Array(buffer.readableBytesView.prefix(64 << 10))
        guard bytes.count >= 4, let end = (4...bytes.count).first(where: { isEndOfHead(bytes, before: $0) }) else {
            return nil
        }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).lowercased().split(whereSeparator: \.isNewline)
        let prefix = "content-length:"
        let value = lines.first { $0.hasPrefix(prefix) }?.dropFirst(prefix.count).filter { $0 != " " }
        return value.flatMap { Int($0) }.map { $0 + end }
    }

    private static func isEndOfHead(_ bytes: [UInt8], before end: Int) -> Bool {
        bytes[end - 4..<end].elementsEqual("\r\n\r\n".utf8)
    }
}

let server = EchoServer(arguments: CommandLine.arguments)
let response = server.response
try server.run { channel in
    try channel.pipeline.syncOperations.addHandler(BytesEchoHandler(response))
}

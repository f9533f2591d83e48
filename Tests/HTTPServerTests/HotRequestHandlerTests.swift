// SPDX-License-Identifier: Apache-2.0
import Access
import HTTPServer
import Inference
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing
import Transport

/// Which bytes go past the parser, and which to it.
@Suite struct HotRequestHandlerTests {
    private static let hot = inferRequest("held", body: "hot")
    /// Well-formed, but with a header that is not of the short list.
    private static let unusual = inferRequest("held", body: "odd", headers: "Cookie: a=b\r\n")

    @Test func anOrdinaryRequestNeverReachesTheParser() throws {
        let connection = try Connection()
        for _ in 0..<3 {
            try connection.send(Self.hot)
            #expect(try connection.answers() == ["hot"])
        }
        #expect(connection.parserBytes == "")
    }

    @Test func aBodyMayComeInPieces() throws {
        let connection = try Connection()
        let request = inferRequest("held", body: "in three pieces")
        try connection.send(request.dropLast(10))
        try connection.send(request.suffix(10).prefix(4))
        #expect(try connection.answers() == [])
        try connection.send(request.suffix(6))
        #expect(try connection.answers() == ["in three pieces"])
        #expect(connection.parserBytes == "")
    }

    @Test func anyOtherRequestReachesTheParserByteForByteAndTheNextOrdinaryOneDoesNot() throws {
        let connection = try Connection()
        try connection.send(Self.unusual)
        #expect(try connection.answers() == ["odd"])
        #expect(connection.parserBytes == Self.unusual)
        try connection.send(Self.hot)
        #expect(try connection.answers() == ["hot"])
        #expect(connection.parserBytes == Self.unusual)
    }

    /// The parser may hold a byte of a message without a sign of it: from then on it has to get the rest.
    @Test(arguments: 1..<hot.utf8.count)
    func aRequestThatTheParserHasBegunIsLeftToIt(begun: Int) throws {
        let connection = try Connection()
        let cut = Self.hot.utf8.index(Self.hot.startIndex, offsetBy: begun)
        try connection.send(Self.unusual + Self.hot[..<cut])
        try connection.send(Self.hot[cut...])
        #expect(try connection.answers() == ["odd"])
        #expect(try connection.answers() == ["hot"])
        #expect(connection.parserBytes == Self.unusual + Self.hot)
        try connection.send(Self.hot)
        #expect(try connection.answers() == ["hot"])
        #expect(connection.parserBytes == Self.unusual + Self.hot, "the parser is empty again")
    }

    @Test(arguments: 1..<hot.utf8.count - 3)
    func aHeadThatComesInPiecesIsLeftToTheParser(first: Int) throws {
        let connection = try Connection()
        let cut = Self.hot.utf8.index(Self.hot.startIndex, offsetBy: first)
        try connection.send(Self.hot[..<cut])
        try connection.send(Self.hot[cut...])
        #expect(try connection.answers() == ["hot"])
        #expect(connection.parserBytes == Self.hot)
    }

    @Test func whatFollowsARequestInFlightWaitsBehindIt() throws {
        let connection = try Connection()
        let requests = (0..<5).map { inferRequest("held", body: "number \($0)") }
        try connection.send(requests[0])
        try connection.send(requests[1])
        try connection.send(requests[2] + requests[3])
        for index in 0..<4 { #expect(try connection.answers() == ["number \(index)"]) }
        try connection.send(requests[4])
        #expect(try connection.answers() == ["number 4"])
        #expect(connection.parserBytes == requests[1...3].joined())
    }

    @Test(arguments: [HotFraming.splitLimit, HotFraming.splitLimit + 1])
    func afterALargeReadTheParserKeepsTheConnection(bytes: Int) throws {
        let connection = try Connection()
        let overhead =
            inferRequest("held", body: String(repeating: "b", count: 10_000), headers: "Cookie: a=b\r\n")
            .utf8.count - 10_000
        let body = String(repeating: "b", count: bytes - overhead)
        let request = inferRequest("held", body: body, headers: "Cookie: a=b\r\n")
        #expect(request.utf8.count == bytes)
        try connection.send(request)
        #expect(try connection.answers() == [body])
        try connection.send(Self.hot)
        #expect(try connection.answers() == ["hot"])
        #expect(
            connection.parserBytes.utf8.count == (bytes > HotFraming.splitLimit ? bytes + Self.hot.utf8.count : bytes)
        )
    }

    @Test func linesBetweenRequestsAreForTheParser() throws {
        let connection = try Connection()
        try connection.send(Self.hot)
        #expect(try connection.answers() == ["hot"])
        try connection.send("\r\n" + Self.hot)
        #expect(try connection.answers() == ["hot"])
        #expect(connection.parserBytes == "\r\n" + Self.hot)
    }

    @Test func whatIsNotHTTPIsRefusedOnce() throws {
        let connection = try Connection()
        try connection.send("POST /v2/models/held/infer HTTP/1.1\r\nbad header\r\nContent-Length: 3\r\n\r\nabc")
        let written = try connection.written()
        #expect(written.hasPrefix("HTTP/1.1 400"))
        #expect(written.split(separator: "HTTP/1.1 400").count == 1)
    }
}

/// The handlers of a connection on a loop that turns when it is told to.
private struct Connection {
    private let channel = EmbeddedChannel()
    private let service = EchoService()
    private let seen = SeenBytes()

    init() throws {
        let limits = ConnectionLimits(profile: .secure)
        let shared = ConnectionContext(
            hot: ConnectionContext.Hot(
                service: service,
                recognisesRequests: true,
                eventLoopGroup: channel.embeddedEventLoop
            ),
            gate: OpenGate(Flight(bytes: 1 << 30, requests: 100)),
            requestLimits: RequestLimits(profile: .secure),
            connectionLimits: limits,
            connections: ConnectionCount(total: 10, perAddress: 10)
        )
        let handler = InferHandler(shared: shared, eventLoop: channel.embeddedEventLoop)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(HotRequestHandler(handler, limits: limits))
        try pipeline.addHandler(seen)
        try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(limits)))
        try pipeline.addHandler(handler)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    /// All that the parser was given.
    var parserBytes: String { String(decoding: seen.bytes, as: UTF8.self) }

    func send(_ text: some StringProtocol) throws { try channel.writeInbound(ByteBuffer(bytes: text.utf8)) }

    /// The bodies of the answers to what the model has now.
    func answers() throws -> [String] {
        service.held.answerAll()
        channel.embeddedEventLoop.run()
        return try written().split(separator: "HTTP/1.1 200 OK").map { answer in
            guard let jsonEnd = answer.lastIndex(of: "}") else { return String(answer) }
            return String(answer[answer.index(after: jsonEnd)...])
        }
    }

    func written() throws -> String {
        var text = ""
        while let part = try channel.readOutbound(as: IOData.self) {
            if case .byteBuffer(let bytes) = part { text += String(buffer: bytes) }
        }
        return text
    }
}

private final class SeenBytes: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private(set) var bytes: [UInt8] = []

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes += unwrapInboundIn(data).readableBytesView
        context.fireChannelRead(data)
    }
}

// SPDX-License-Identifier: Apache-2.0
import HTTPServer
import Inference
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The recogniser against the parser that it stands in front of. `BUCKLER_HEADS` sets how many heads both read.
@Suite struct HotHeadDifferentialTests {
    @Test func noHeadIsTakenThatTheParserReadsInAnotherWay() throws {
        let count = getenv("BUCKLER_HEADS").flatMap { Int(String(cString: $0)) } ?? 25_000
        var tally = Tally()
        for seed in 0..<UInt64(count) {
            var random = SplitMix64(seed: seed ^ 0x5ca1_ab1e)
            var heads = MutatedHeads(seed: seed)
            let limits = Self.limits(&random)
            try tally.compare(heads.next(), limits: limits, seed: seed)
        }
        print("\(count) heads: \(tally)")
        // The heads are worth something only if they reach both sides of each decision.
        #expect(tally.taken > count / 20)
        #expect(tally.leftThoughValid > count / 20)
        #expect(tally.leftAndInvalid > count / 20)
    }

    private static func limits(_ random: inout SplitMix64) -> ConnectionLimits {
        var limits = ConnectionLimits(profile: .secure)
        guard random.chance(1, in: 10) else { return limits }
        limits.headerFieldBytes = random.pick([10, 40, 299, 300, 301])
        limits.headerListBytes = random.pick([50, 100, 200, 400, 65_536])
        limits.headerCount = random.pick([1, 2, 3, 4, 100])
        return limits
    }
}

private struct Tally: CustomStringConvertible {
    var taken = 0
    var leftThoughValid = 0
    var leftAndInvalid = 0

    var description: String {
        "\(taken) taken, \(leftThoughValid) left though valid, \(leftAndInvalid) left and invalid or incomplete"
    }

    mutating func compare(_ head: [UInt8], limits: ConnectionLimits, seed: UInt64) throws {
        // Behind the head, and part of it if a mutation took its end.
        let bytes = head + Array("0123456789GET / HTTP/1.1\r\n\r\n".utf8)
        guard let hot = bytes.withUnsafeBytes({ HotHead($0, limits: limits) }) else {
            if Parser(limits).read(bytes).head != nil { leftThoughValid += 1 } else { leftAndInvalid += 1 }
            return
        }
        taken += 1
        let text = String(reflecting: String(decoding: bytes, as: UTF8.self))
        let parser = Parser(limits)
        let first = parser.read(Array(bytes[..<hot.byteCount]))
        try #require(first.error == nil, "seed \(seed): the parser refuses \(text)")
        let parsed = try #require(first.head, "seed \(seed): the parser has no head of \(text)")
        #expect(parsed.method == .POST && parsed.version == .http1_1 && parsed.isKeepAlive, "seed \(seed): \(text)")
        #expect(RouteTable.match(parsed.uri) == .model(hot.path, .infer), "seed \(seed): \(text)")
        #expect(!parsed.uri.utf8.contains(UInt8(ascii: "?")), "seed \(seed): \(text)")
        #expect(RequestFault(InferRequestHead(parsed.headers), isHTTP10: false) == nil, "seed \(seed): \(text)")
        #expect(InferRequestHead(parsed.headers) == hot.request, "seed \(seed): \(text)")
        #expect(hot.request.contentLength == hot.contentLength, "seed \(seed): \(text)")
        let names = parsed.headers.map { $0.name.lowercased() }
        #expect(Set(names).count == names.count, "seed \(seed): a header stands twice in \(text)")
        #expect(names.allSatisfy(Self.isKnown), "seed \(seed): a header is not known in \(text)")
        #expect(first.bodyBytes == 0 && first.ended == (hot.contentLength == 0), "seed \(seed): the body of \(text)")
        guard hot.contentLength > 0, hot.contentLength <= 4096 else { return }
        let almost = parser.read([UInt8](repeating: 10, count: hot.contentLength - 1))
        #expect(almost.bodyBytes == hot.contentLength - 1 && !almost.ended, "seed \(seed): the body of \(text)")
        let last = parser.read([10])
        #expect(last.bodyBytes == 1 && last.ended && last.error == nil, "seed \(seed): the body of \(text)")
    }

    private static func isKnown(_ name: String) -> Bool {
        Array(name.utf8).withUnsafeBytes { InferHeader($0) != nil }
    }
}

/// NIO's parser with the limits of a connection, as the server builds it.
private struct Parser {
    struct Reading {
        var head: HTTPRequestHead?
        var bodyBytes = 0
        var ended = false
        var error: (any Error)?
    }

    private let channel: EmbeddedChannel

    init(_ limits: ConnectionLimits) {
        channel = EmbeddedChannel(handler: ByteToMessageHandler(HTTPRequestDecoder(limits)))
    }

    /// What comes out of the parser once it has been given `bytes` more.
    func read(_ bytes: [UInt8]) -> Reading {
        var reading = Reading()
        do { try channel.writeInbound(ByteBuffer(bytes: bytes)) } catch { reading.error = error }
        while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) {
            switch part {
            case .head(let head): reading.head = head
            case .body(let body): reading.bodyBytes += body.readableBytes
            case .end: reading.ended = true
            }
        }
        return reading
    }
}

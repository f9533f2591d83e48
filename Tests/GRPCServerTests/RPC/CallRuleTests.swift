// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOHPACK
import Testing
import Transport

@testable import GRPCServer

@Suite("What headers and trailers say") struct CallRuleTests {
    @Test(
        "reads grpc-timeout",
        arguments: [
            ("1n", 1), ("0S", 0), ("99999999n", 99_999_999), ("20u", 20_000), ("7m", 7_000_000),
            ("3S", 3_000_000_000), ("2M", 120_000_000_000), ("1H", 3_600_000_000_000), ("99999999H", UInt64.max),
            ("99999999M", 5_999_999_940_000_000_000), ("", nil), ("S", nil), ("1", nil), ("1s", nil), ("-1S", nil),
            ("1.5S", nil), ("123456789S", nil), (" 1S", nil), ("1SS", nil), ("１S", nil),
        ] as [(String, UInt64?)]
    )
    func timeout(text: String, nanoseconds: UInt64?) { #expect(RequestTimeout.parse(text) == nanoseconds) }

    @Test(
        "encodes grpc-message",
        arguments: [
            ("", ""), ("plain text ~", "plain text ~"), ("100%", "100%25"), ("a\nb", "a%0Ab"), ("ü", "%C3%BC"),
            ("\u{7F}", "%7F"), ("😀!", "%F0%9F%98%80!"),
        ]
    )
    func message(text: String, encoded: String) { #expect(StatusMessage.encode(text) == encoded) }

    @Test("cuts a grpc-message that clients would refuse, never inside a character")
    func longMessage() {
        let limit = StatusMessage.longest
        #expect(StatusMessage.encode(String(repeating: "a", count: limit)).count == limit)
        #expect(StatusMessage.encode(String(repeating: "a", count: limit + 1)).count == limit)
        let cut = StatusMessage.encode("a" + String(repeating: "ü", count: limit))
        #expect(cut.utf8.count <= limit)
        #expect((cut.utf8.count - 1) % 6 == 0)
    }

    private func read(_ extra: [(String, String)]) throws -> CallHeaders {
        try CallHeaders(FrameClient.headers("/a/B", extra), limits: ConnectionLimits(profile: .secure))
    }

    @Test("keeps the client's own headers and nothing of gRPC's")
    func metadata() throws {
        let headers = try read([
            ("user-agent", "x"), ("grpc-timeout", "1S"), ("grpc-trace-bin", "AA"), ("triton-grpc-protocol-a", "b"),
            ("authorization", "Bearer 1"), ("x-api-key", "2"),
        ])
        #expect(headers.metadata.map(\.name) == ["user-agent", "triton-grpc-protocol-a"])
        #expect(headers.credentials.authorization == "Bearer 1")
        #expect(headers.credentials.apiKey == "2")
        #expect(!headers.credentials.isAmbiguous)
        #expect(headers.timeoutNanoseconds == 1_000_000_000)
        #expect(headers.path == "/a/B")
        #expect(try read([("x-api-key", "2"), ("x-api-key", "2")]).credentials.isAmbiguous == false)
        #expect(try read([("x-api-key", "2"), ("x-api-key", "3")]).credentials.isAmbiguous)
        for name in ["authorization", "x-api-key"] {
            let oversized = try read([(name, String(repeating: "k", count: 9000))])
            #expect(oversized.credentials.isOversized && !oversized.credentials.isEmpty)
        }
    }

    @Test(
        "reads what a client can decompress",
        arguments: [
            ("identity", nil), ("gzip", .gzip), ("deflate", .deflate), ("identity,deflate,gzip", .gzip),
            ("identity, deflate", .deflate), ("zstd , gzip", .gzip), ("", nil), ("gzipped", nil),
        ] as [(String, ContentCoding?)]
    )
    func accepted(text: String, coding: ContentCoding?) throws {
        #expect(try read([("grpc-accept-encoding", text)]).acceptedCoding == coding)
    }

    @Test("refuses what it cannot read")
    func refusals() {
        func refusal(_ extra: [(String, String)]) -> CallHeaders.Refusal? {
            do throws(CallHeaders.Refusal) {
                _ = try CallHeaders(FrameClient.headers("/a/B", extra), limits: ConnectionLimits(profile: .secure))
                return nil
            } catch {
                return error
            }
        }
        guard case .status(let timeout) = refusal([("grpc-timeout", "soon")]) else {
            Issue.record("a malformed timeout was taken")
            return
        }
        #expect(timeout.code == .internalError)
        guard case .unknownEncoding(let encoding) = refusal([("grpc-encoding", "zstd")]) else {
            Issue.record("an unknown encoding was taken")
            return
        }
        #expect(encoding.code == .unimplemented)
    }

    @Test("takes as many headers, and as long ones, as the limits say")
    func limits() throws {
        var limits = ConnectionLimits(profile: .secure)
        let count = FrameClient.headers("/a/B").count
        limits.headerCount = count + 1
        limits.headerFieldBytes = 40
        func code(_ extra: [(String, String)]) -> RPCStatus.Code? {
            do throws(CallHeaders.Refusal) {
                _ = try CallHeaders(FrameClient.headers("/a/B", extra), limits: limits)
                return nil
            } catch {
                guard case .status(let status) = error else { return nil }
                return status.code
            }
        }
        #expect(code([("a", "1")]) == nil)
        #expect(code([("a", "1"), ("b", "2")]) == .resourceExhausted)
        #expect(code([("a", String(repeating: "x", count: 39))]) == nil)
        #expect(code([("a", String(repeating: "x", count: 40))]) == .resourceExhausted)
    }

    @Test("a call takes the messages that its kind allows")
    func cardinality() throws {
        for kind in [RPCMethod.Kind.unary, .serverStreaming] {
            var state = CallState(kind: kind, inFlightLimit: 4)
            try state.messageAnnounced()
            #expect(throws: RPCStatus.self) { try state.messageAnnounced() }
            var none = CallState(kind: kind, inFlightLimit: 4)
            none.inputEnded()
            #expect(throws: RPCStatus.self) { _ = try none.inputExhausted(isMidMessage: false) }
        }
        var stream = CallState(kind: .bidirectional, inFlightLimit: 2)
        for _ in 0..<2 {
            try stream.messageAnnounced()
            #expect(stream.takesMessages)
            stream.messageHandedOver()
        }
        #expect(!stream.takesMessages)
        #expect(stream.messageDone() == true)
        #expect(stream.takesMessages)
        stream.isWritable = false
        #expect(!stream.takesMessages)
        stream.isWritable = true
        #expect(try stream.inputExhausted(isMidMessage: true) == false)
        stream.inputEnded()
        #expect(throws: RPCStatus.self) { _ = try stream.inputExhausted(isMidMessage: true) }
        #expect(try stream.inputExhausted(isMidMessage: false) == true)
        #expect(try stream.inputExhausted(isMidMessage: false) == false)
        #expect(stream.end() == true)
        #expect(stream.end() == false)
    }

    @Test("a window is opened once half of it is used, by what is not retained")
    func window() {
        var window = ReceiveWindow(target: 100, size: 100)
        #expect(window.increment(retaining: 0) == nil)
        window.size = 51
        #expect(window.increment(retaining: 0) == nil)
        window.size = 50
        #expect(window.increment(retaining: 1) == nil)
        #expect(window.increment(retaining: 0) == 50)
        #expect(window.size == 100)
        window.size = 120
        #expect(window.increment(retaining: 0) == nil)
    }
}

// SPDX-License-Identifier: Apache-2.0
import HTTPServer
import Inference
import Testing
import Transport

@Suite struct HotHeadTests {
    private static let line = "POST /v2/models/m/infer HTTP/1.1\r\nHost: h\r\n"
    private let limits = ConnectionLimits(profile: .secure)

    private func recognise(_ text: some StringProtocol, limits: ConnectionLimits? = nil) -> HotHead? {
        Array(text.utf8).withUnsafeBytes { HotHead($0, limits: limits ?? self.limits) }
    }

    @Test func anOrdinaryHeadIsTakenWithAllThatItSays() throws {
        let text =
            "POST /v2/models/my-model_1.0~x/versions/12/infer HTTP/1.1\r\nHost: localhost:8000\r\n"
            + "content-length: 3300\r\nInference-Header-Content-Length:190\r\nAccept: */*\r\n"
            + "Accept-Encoding: gzip, deflate\r\nUser-Agent: a b\r\nConnection: Keep-Alive\r\n"
            + "Content-Type: application/octet-stream\r\nX-Request-Id: r1\r\ntraceparent: 00-ab-cd-01\r\n"
            + "tracestate: a=b\r\nX-API-Key: k\r\nAuthorization: Bearer t\r\n\r\n"
        let head = try #require(recognise(text + "body"))
        #expect(head.path == ModelPath(name: "my-model_1.0~x", versionText: "12"))
        #expect(head.contentLength == 3300)
        #expect(head.byteCount == text.utf8.count)
        #expect(head.request.contentLength == 3300)
        #expect(head.request.inferenceHeaderLengthText == "190")
        #expect(head.request.acceptEncoding == "gzip, deflate")
        #expect(head.request.credentials.authorization == "Bearer t")
        #expect(head.request.requestID == "r1")
        #expect(head.request.traceParent == "00-ab-cd-01")
        #expect(head.request.contentEncoding == .identity)
        #expect(!head.request.expectsContinue)
    }

    @Test func aHeadIsNotTakenBeforeItsLastByte() {
        let text = Self.line + "Content-Length: 5\r\n\r\n"
        for end in text.utf8.indices { #expect(recognise(text[..<end]) == nil, "\(text[..<end])") }
        #expect(recognise(text) != nil)
    }

    @Test(arguments: [
        "GET /v2/models/m/infer HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n",
        "POST /v2/models/m/generate HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n",
        "POST /v2/models/m/infer?a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n",
        "POST /v2/models/%6d/infer HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n",
        "POST /v2/models/m/infer HTTP/1.0\r\nHost: h\r\nContent-Length: 5\r\n\r\n",
        "\r\nPOST /v2/models/m/infer HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n",
        line + "\r\n",
        line + "Content-Length: 5\n\r\n",
        line + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n",
        line + "Content-Length: 5\r\nhost: b\r\n\r\n",
        "POST /v2/models/m/infer HTTP/1.1\r\nContent-Length: 5\r\n\r\n",
        line
            + "Content-Length: 5\r\nX-Request-Id: \(String(repeating: "i", count: InferRequestHead.echoLimit + 1))\r\n\r\n",
        line + "Content-Length: 5\r\nExpect: more\r\n\r\n",
        line + "Content-Length : 5\r\n\r\n",
        line + "Content-Length:  5\r\n\r\n",
        line + "Content-Length: 5 \r\n\r\n",
        line + "Content-Length: \r\n\r\n",
        line + "Content-Length: +5\r\n\r\n",
        line + "Content-Length: 05\r\n\r\n",
        line + "Content-Length: 1000000000000000\r\n\r\n",
        line + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        line + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n",
        line + "Content-Length: 5\r\nContent-Encoding: gzip\r\n\r\n",
        line + "Content-Length: 5\r\nConnection: close\r\n\r\n",
        line + "Content-Length: 5\r\nCookie: a=b\r\n\r\n",
        line + "Content-Length: 5\r\n folded\r\n\r\n",
        line + "Content-Length: 5\r\nUser-Agent: a\tb\r\n\r\n",
        line + "Content-Length: 5\r\nUser-Agent: \u{e9}\r\n\r\n",
    ])
    func whatIsNotOrdinaryIsLeftToTheParser(text: String) {
        #expect(recognise(text) == nil)
    }

    @Test func aContentLengthOfFifteenDigitsIsTheLongest() {
        #expect(recognise(Self.line + "Content-Length: 999999999999999\r\n\r\n")?.contentLength == 999_999_999_999_999)
    }

    @Test(arguments: [0, -1])
    func aHeadBeyondALimitIsLeftToTheParser(spare: Int) {
        let text = Self.line + "Content-Length: 5\r\n\r\n"
        var fieldBytes = limits
        fieldBytes.headerFieldBytes = text.utf8.count + spare
        var listBytes = limits
        listBytes.headerListBytes = text.utf8.count + spare
        var count = limits
        count.headerCount = 2 + spare
        for limits in [fieldBytes, listBytes, count] {
            #expect((recognise(text, limits: limits) != nil) == (spare == 0))
        }
    }
}

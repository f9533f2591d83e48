// SPDX-License-Identifier: Apache-2.0
import HTTPServer
import Testing

@Suite struct HotFramingTests {
    @Test func aBodyIsTakenAsItComesAndNotAByteMore() {
        var framing = HotFraming()
        framing.headTaken(contentLength: 10)
        #expect(framing.state == .body(left: 10))
        #expect(framing.bodyTaken(available: 4) == 4)
        #expect(framing.state == .body(left: 6))
        #expect(framing.bodyTaken(available: 100) == 6)
        #expect(framing.state == .atMessage)
        #expect(framing.bodyTaken(available: 100) == 0)
    }

    @Test func anEmptyBodyLeavesTheNextMessage() {
        var framing = HotFraming()
        framing.headTaken(contentLength: 0)
        #expect(framing.state == .atMessage)
    }

    @Test func theParserKeepsTheConnectionUntilAMessageEndsWithTheLastByte() {
        var framing = HotFraming()
        framing.passedOn(endsMessage: false)
        #expect(framing.state == .parsing)
        framing.passedOn(endsMessage: true)
        #expect(framing.state == .atMessage)
    }
}

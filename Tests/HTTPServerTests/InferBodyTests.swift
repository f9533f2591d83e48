// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOCore
import Testing

@testable import HTTPServer

@Suite struct InferBodyTests {
    private let limits = RequestLimits(profile: .triton)

    @Test(arguments: [1, 3000, 65_536, 1 << 20], [nil, 3 << 20] as [Int?])
    func keepsEveryByte(chunk: Int, declared: Int?) throws {
        let sent = (0..<(3 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 12) }
        var body = InferBody(declared: declared, limits: limits)
        var rest = ByteBuffer(bytes: chunk == 1 ? Array(sent.prefix(2000)) : sent)
        let expected = Array(rest.readableBytesView)
        while rest.readableBytes > 0, let next = rest.readSlice(length: min(chunk, rest.readableBytes)) {
            try body.append(next)
        }
        let taken = body.finish()
        #expect(taken.withUnsafeBytes { Array($0) } == expected)
    }

    @Test func holdsNoMoreThanEightTimesWhatHasArrived() throws {
        let declared = 64 << 20
        var body = InferBody(declared: declared, limits: limits)
        let chunk = ByteBuffer(repeating: 7, count: 100_000)
        while body.count + 100_000 <= declared {
            try body.append(chunk)
            #expect(body.heldBytes <= max(body.count * 8, 64 << 10), "\(body.heldBytes) for \(body.count)")
        }
        #expect(body.heldBytes == declared)
    }

    @Test func holdsNoMoreThanTwiceOfWhatNobodyAnnounced() throws {
        var body = InferBody(declared: nil, limits: limits)
        for _ in 0..<100 {
            try body.append(ByteBuffer(repeating: 7, count: 50_000))
            #expect(body.undeclaredBytes <= max(body.count * 2, 64 << 10))
        }
    }
}

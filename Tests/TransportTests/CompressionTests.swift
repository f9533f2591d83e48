// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOCore
import TestSupport
import Testing

@testable import Transport

@Suite struct CompressionTests {
    private static func deflated(_ bytes: [UInt8], _ coding: ContentCoding) throws(ServingError) -> [UInt8] {
        var buffer = ByteBuffer()
        let body = TensorBytes(bytes)
        try body.withUnsafeBytes { memory throws(ServingError) in try coding.deflate(memory, into: &buffer) }
        return Array(buffer.readableBytesView)
    }

    private static func inflated(
        _ bytes: [UInt8],
        _ coding: ContentCoding,
        limit: Int
    ) throws(ServingError) -> [UInt8] {
        let body = TensorBytes(bytes)
        var limits = RequestLimits.none
        limits.jsonBytes = limit
        return try body.withUnsafeBytes { memory throws(ServingError) in try coding.inflate(memory, limits) }.array
    }

    private static func fault(_ bytes: [UInt8], _ coding: ContentCoding, limit: Int) -> String? {
        message { () throws(ServingError) in _ = try inflated(bytes, coding, limit: limit) }
    }

    private static func noise(_ count: Int) -> [UInt8] {
        var generator = SplitMix64(seed: 6)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    @Test(arguments: [ContentCoding.gzip, .deflate], [0, 1, 70_000, 1_000_000])
    func roundTrip(_ coding: ContentCoding, _ count: Int) throws {
        for content in [Self.noise(count), [UInt8](repeating: 65, count: count)] {
            let packed = try Self.deflated(content, coding)
            #expect(try Self.inflated(packed, coding, limit: max(count, 1)) == content)
        }
    }

    @Test(arguments: [ContentCoding.gzip, .deflate], [1, 100, 65_536, 65_537, 500_000])
    func boundsTheContent(_ coding: ContentCoding, _ limit: Int) throws {
        let atLimit = try Self.deflated([UInt8](repeating: 0, count: limit), coding)
        #expect(try Self.inflated(atLimit, coding, limit: limit).count == limit)
        let beyond = try Self.deflated([UInt8](repeating: 0, count: limit + 1), coding)
        #expect(
            Self.fault(beyond, coding, limit: limit)
                == "Decompressed data size exceeds the maximum allowed value of \(limit) bytes. Use"
                + " --http-max-input-size to increase the limit."
        )
    }

    @Test(arguments: [ContentCoding.gzip, .deflate]) func refusesDamage(_ coding: ContentCoding) throws {
        let body = "request body with Content-Encoding '\(coding.rawValue)' "
        let packed = try Self.deflated(Self.noise(1000), coding)
        for length in 1..<packed.count {
            #expect(Self.fault(Array(packed.prefix(length)), coding, limit: 5000) == body + "is cut short")
        }
        var checksum = packed
        checksum[packed.count - (coding == .gzip ? 8 : 4)] ^= 1
        #expect(Self.fault(checksum, coding, limit: 5000) == body + "is damaged")
        #expect(
            Self.fault(packed + [1, 2, 3], coding, limit: 5000)
                == body + "is followed by 3 bytes that do not belong to it"
        )
        #expect(Self.fault([], coding, limit: 5000) == "nothing to be decompressed")
        #expect(Self.fault(Array("{\"inputs\":[]}".utf8), coding, limit: 5000) == body + "is damaged")
    }

    @Test func refusesTheOtherFormat() throws {
        let gzip = try Self.deflated([1], .gzip)
        let deflate = try Self.deflated([1], .deflate)
        #expect(Self.fault(gzip, .deflate, limit: 10) != nil)
        #expect(Self.fault(deflate, .gzip, limit: 10) != nil)
    }

    @Test func readsSeveralMembers() throws {
        let members = try Self.deflated(Array("ab".utf8), .gzip) + Self.deflated(Array("cd".utf8), .gzip)
        #expect(try Self.inflated(members, .gzip, limit: 4) == Array("abcd".utf8))
        #expect(Self.fault(members, .gzip, limit: 3) != nil)
        #expect(Self.fault(Array(members.dropLast()), .gzip, limit: 4)?.hasSuffix("is cut short") == true)
    }

    @Test func aBombMeetsItsBound() throws {
        let bomb = try Self.deflated([UInt8](repeating: 0, count: 64 << 20), .gzip)
        #expect(bomb.count < 100_000)
        #expect(Self.fault(bomb, .gzip, limit: 1 << 20)?.hasPrefix("Decompressed data size exceeds") == true)
    }

    @Test func appendsToWhatIsThere() throws {
        var buffer = ByteBuffer(string: "head")
        try [UInt8]([1, 2, 3]).withUnsafeBytes { try ContentCoding.gzip.deflate($0, into: &buffer) }
        #expect(buffer.readString(length: 4) == "head")
        #expect(try Self.inflated(Array(buffer.readableBytesView), .gzip, limit: 3) == [1, 2, 3])
    }
}

@Suite struct ContentCodingTests {
    @Test(arguments: [
        ("gzip", ContentCoding.gzip), ("deflate", .deflate), ("identity", .identity), ("", .identity),
        (" GZIP ", .gzip),
        ("br", nil), ("gzip, deflate", nil), ("gzip,gzip", nil),
    ])
    func readsContentEncoding(_ value: String, _ coding: ContentCoding?) {
        #expect(ContentCoding(contentEncoding: value) == coding)
    }

    @Test(arguments: [
        ("", ContentCoding.identity), ("gzip", .gzip), ("deflate", .deflate), ("gzip, deflate", .gzip),
        ("deflate, gzip", .deflate), ("gzip;q=0.5, deflate;q=0.8", .deflate), ("gzip;q=0.5,identity;q=0.9", .identity),
        ("gzip;q=0", .identity), ("gzip;q=0.000", .identity), ("gzip;q=0.001", .gzip), ("br, zstd", .identity),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", .gzip), ("*", .identity), ("gzip ; q=0.5", .gzip), ("GZIP;Q=0.2", .gzip),
        ("gzip;q=1.000", .gzip), ("gzip;q=1.001", .identity), ("gzip;q=2", .identity), ("gzip;q=x", .identity),
        ("gzip;q=0.1234", .identity), ("gzip;q=-1", .identity), ("gzip;q=", .identity), (",,;q=1,", .identity),
        ("gzip;q=0.5, gzip;q=0.1, deflate;q=0.5", .gzip), ("gzip;q=x, deflate", .deflate),
    ])
    func prefers(_ value: String, _ coding: ContentCoding) {
        #expect(ContentCoding.preferred(acceptEncoding: value) == coding)
    }
}

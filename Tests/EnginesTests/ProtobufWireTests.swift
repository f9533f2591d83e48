// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Engines

/// The scan for external data must see every field that the engine's own reader sees.
@Suite struct ProtobufWireTests {
    private static func isMalformed(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var wire = ProtobufWire(buffer, in: 0..<buffer.count)
            do {
                while try wire.next() != nil {}
                return false
            } catch {
                return true
            }
        }
    }

    /// 2^32 + (13 << 3 | 2): cut to 32 bits, it is field 13, `external_data`.
    @Test func aTagThatOnlyFitsSixtyFourBitsIsMalformed() {
        #expect(Self.isMalformed([0xEA, 0x80, 0x80, 0x80, 0x10, 0x00]))
        #expect(Self.isMalformed([0xF0, 0x80, 0x80, 0x80, 0x10, 0x01]))
    }

    @Test func aTagOfMoreThanFiveBytesIsMalformed() {
        #expect(!Self.isMalformed([0xEA, 0x80, 0x80, 0x80, 0x00, 0x00]))
        #expect(Self.isMalformed([0xEA, 0x80, 0x80, 0x80, 0x80, 0x00, 0x00]))
    }

    @Test func aLengthBeyondTheRestIsMalformed() {
        #expect(!Self.isMalformed([0x0A, 0x01, 0x41]))
        #expect(Self.isMalformed([0x0A, 0x02, 0x41]))
        #expect(Self.isMalformed([0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]))
    }

    @Test(arguments: ["a/../b", "../a", "/a", "a//b", ".", "/\u{301}x", "..\\a", "a:b", ""])
    func locationsThatMayLeaveAreRefused(location: String) {
        #expect(!ExternalTensorReading.isBeneath(location))
    }

    @Test(arguments: ["weights.bin", "data/weights.bin", "e\u{301}/x"])
    func plainLocationsAreNot(location: String) {
        #expect(ExternalTensorReading.isBeneath(location))
    }
}

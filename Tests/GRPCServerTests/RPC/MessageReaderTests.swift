// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOCore
import TestSupport
import Testing

@testable import GRPCServer

@Suite("The reader of messages") struct MessageReaderTests {
    struct Read: Equatable {
        var messages: [[UInt8]] = []
        var flags: [Bool] = []
        var announced: [Int] = []
        var failure: RPCStatus.Code?
        var isMidMessage = false
    }

    /// Feeds `chunks` one after another, reading all there is after each.
    static func read(_ chunks: [[UInt8]], limit: Int = 1 << 20) -> Read {
        var reader = MessageReader(limit: limit)
        var read = Read()
        do throws(RPCStatus) {
            for chunk in chunks {
                reader.append(ByteBuffer(bytes: chunk))
                try readAll(&reader, into: &read)
            }
        } catch {
            read.failure = error.code
        }
        read.isMidMessage = reader.isMidMessage
        return read
    }

    static func readAll(_ reader: inout MessageReader, into read: inout Read) throws(RPCStatus) {
        while true {
            switch try reader.next() {
            case .needsBytes: return
            case .announced(let bytes): read.announced.append(bytes)
            case .message(let message):
                read.messages.append(message.bytes.withUnsafeBytes { Array($0) })
                read.flags.append(message.isCompressed)
            }
        }
    }

    @Test("reads the same wherever its bytes are cut")
    func everyCut() {
        let contents: [[UInt8]] = [[], [1], Array(0..<200), [9, 9]]
        let wire = contents.flatMap { FrameClient.framed($0) }
        let whole = Self.read([wire])
        #expect(whole.messages == contents)
        #expect(whole.announced == [0, 1, 200, 2])
        #expect(!whole.isMidMessage)
        for first in 0...wire.count {
            for second in first...wire.count {
                let parts = [Array(wire[..<first]), Array(wire[first..<second]), Array(wire[second...])]
                #expect(Self.read(parts) == whole, "cut at \(first) and \(second)")
            }
        }
        #expect(Self.read(wire.map { [$0] }) == whole)
    }

    @Test("knows whether the bytes end inside a message")
    func endsInside() {
        let wire = FrameClient.framed([1, 2, 3])
        for count in 0...wire.count {
            let isInside = count > 0 && count < wire.count
            #expect(Self.read([Array(wire[..<count])]).isMidMessage == isInside, "\(count) bytes")
        }
    }

    @Test("takes a message at the limit and none beyond", arguments: [0, 1, 20_000])
    func limit(limit: Int) {
        #expect(Self.read([FrameClient.framed([UInt8](repeating: 1, count: limit))], limit: limit).failure == nil)
        let beyond = Self.read([FrameClient.framed([], length: limit + 1)], limit: limit)
        #expect(beyond.failure == .resourceExhausted)
        #expect(beyond.announced.isEmpty)
    }

    @Test("refuses flags that do not exist", arguments: [UInt8(2), 3, 128, 255])
    func flags(flag: UInt8) {
        #expect(Self.read([FrameClient.framed([1], flag: flag)]).failure == .internalError)
        #expect(Self.read([FrameClient.framed([1], flag: 1)]).flags == [true])
    }

    @Test("makes nothing for what was only announced")
    func announcedOnly() throws {
        var readers: [MessageReader] = []
        let before = residentBytes()
        for _ in 0..<200 {
            var reader = MessageReader(limit: Int(Int32.max))
            reader.append(ByteBuffer(bytes: FrameClient.framed([1, 2, 3], length: Int(Int32.max))))
            var read = Read()
            try Self.readAll(&reader, into: &read)
            #expect(read.announced == [Int(Int32.max)])
            readers.append(reader)
        }
        #expect(residentBytes() - before < 64 << 20)
    }

    @Test("keeps a large message where it lies and copies a small one", arguments: [true, false])
    func adoption(isLarge: Bool) throws {
        let count = MessageReader.adoptionLimit - (isLarge ? 0 : 1)
        let buffer = ByteBuffer(bytes: FrameClient.framed([UInt8](repeating: 5, count: count)))
        var reader = MessageReader(limit: 1 << 20)
        reader.append(buffer)
        guard case .announced = try reader.next(), case .message(let message) = try reader.next() else {
            Issue.record("no message")
            return
        }
        let origin = buffer.withUnsafeReadableBytes { $0.baseAddress }
        let isAdopted = message.bytes.withUnsafeBytes { $0.baseAddress == origin.map { $0 + 5 } }
        #expect(isAdopted == isLarge)
    }

    @Test("leaves bytes where they are until it is asked, without keeping the buffer they came in")
    func leaving() throws {
        var reader = MessageReader(limit: 1 << 20)
        var large = ByteBuffer(repeating: 0, count: 60_000)
        let start = large.writerIndex
        large.writeBytes(FrameClient.framed([1, 2]) + FrameClient.framed([3]))
        large.moveReaderIndex(to: start)
        reader.append(large)
        reader.leave()
        reader.append(ByteBuffer(bytes: FrameClient.framed([4])))
        #expect(reader.unreadCount == 7 + 6 + 6)
        var read = Read()
        try Self.readAll(&reader, into: &read)
        #expect(read.messages == [[1, 2], [3], [4]])
    }

    /// What the framing means, written down again without any cleverness.
    static func reference(_ wire: [UInt8], limit: Int) -> Read {
        var read = Read()
        var rest = wire[...]
        while rest.count >= 5 {
            let length = rest.dropFirst().prefix(4).reduce(0) { $0 << 8 | Int($1) }
            guard let flag = rest.first, flag <= 1 else {
                read.failure = .internalError
                return read
            }
            guard length <= limit else {
                read.failure = .resourceExhausted
                return read
            }
            read.announced.append(length)
            guard rest.count >= 5 + length else {
                read.isMidMessage = true
                return read
            }
            read.messages.append(Array(rest.dropFirst(5).prefix(length)))
            read.flags.append(flag == 1)
            rest = rest.dropFirst(5 + length)
        }
        read.isMidMessage = !rest.isEmpty
        return read
    }

    @Test("reads mutated bytes as the framing says, however they are cut")
    func mutations() {
        var random = SplitMix64(seed: 0x6772_7063)
        for round in 0..<5000 {
            var wire: [UInt8] = []
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                let count = Int.random(in: 0...40, using: &random)
                let flag = UInt8.random(in: 0...1, using: &random)
                wire += FrameClient.framed((0..<count).map { UInt8(truncatingIfNeeded: $0) }, flag: flag)
            }
            for _ in 0..<Int.random(in: 0...3, using: &random) where !wire.isEmpty {
                let index = Int.random(in: 0..<wire.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: wire[index] = UInt8.random(in: 0...255, using: &random)
                case 1: wire.remove(at: index)
                case 2: wire.insert(UInt8.random(in: 0...3, using: &random), at: index)
                default: wire = Array(wire[..<index])
                }
            }
            var chunks: [[UInt8]] = []
            var rest = wire[...]
            while !rest.isEmpty {
                let count = min(rest.count, Int.random(in: 1...24, using: &random))
                chunks.append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            var expected = Self.reference(wire, limit: 64)
            var found = Self.read(chunks, limit: 64)
            if expected.failure != nil {
                expected.isMidMessage = false
                found.isMidMessage = false
            }
            #expect(found == expected, "round \(round): \(wire)")
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
import CHeap
import GRPCServer
import Inference
import NIOCore
import Transport

/// What libFuzzer calls: the first byte chooses the limit, the second how the rest, the bytes of a call, is split.
@_cdecl("LLVMFuzzerTestOneInput")
func readMessages(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    guard count >= 2 else { return 0 }
    let bytes = Array(UnsafeBufferPointer(start: start + 2, count: count - 2))
    let limits = [0, 1, 5, 64, 4096, MessageReader.adoptionLimit, 1 << 20, Int(UInt32.max)]
    let limit = limits[Int(start[0]) % limits.count]
    let expected = Reading(of: bytes, limit: limit)
    var random = Splits(seed: start[1])
    read(bytes, limit: limit, expected) { _ in .max }
    read(bytes, limit: limit, expected) { $0 < 4096 ? 1 : .max }
    read(bytes, limit: limit, expected) { _ in random.next() }
    inflate(bytes)
    checkTimeout(String(decoding: bytes.prefix(16), as: UTF8.self))
    return 0
}

/// What a call's bytes mean, read at leisure.
private struct Reading: Equatable {
    var messages: [[UInt8]] = []
    var flags: [Bool] = []
    var failure: RPCStatus.Code?
    var isMidMessage = false

    init() {}

    init(of bytes: [UInt8], limit: Int) {
        var rest = bytes[...]
        while rest.count >= 5 {
            let prefix = Array(rest.prefix(5))
            let length = prefix[1...].reduce(0) { $0 << 8 | Int($1) }
            if prefix[0] > 1 { failure = .internalError } else if length > limit { failure = .resourceExhausted }
            guard failure == nil else { return }
            guard rest.count - 5 >= length else { break }
            messages.append(Array(rest.dropFirst(5).prefix(length)))
            flags.append(prefix[0] == 1)
            rest = rest.dropFirst(5 + length)
        }
        isMidMessage = !rest.isEmpty
    }
}

private func read(_ bytes: [UInt8], limit: Int, _ expected: Reading, nextPiece: (Int) -> Int) {
    var reader = MessageReader(limit: limit)
    var reading = Reading()
    var announced: Int?
    var position = 0
    let before = Int(CHeap_bytes())
    do throws(RPCStatus) {
        while position < bytes.count {
            let piece = min(max(1, nextPiece(position)), bytes.count - position)
            reader.append(ByteBuffer(bytes: bytes[position..<position + piece]))
            position += piece
            // As when a call may not take messages for a while.
            if piece % 7 == 3 {
                reader.leave()
                if position < bytes.count { continue }
            }
            while try take(&reader, &announced, &reading, limit) {}
        }
        reading.isMidMessage = reader.isMidMessage
        precondition(reader.unreadCount == 0, "bytes were left that a message needs")
    } catch {
        reading.failure = error.code
    }
    let held = reading.messages.reduce(0) { $0 + $1.count }
    let grown = Int(CHeap_bytes()) - before
    precondition(grown <= 8 * (bytes.count + held) + 1 << 17, "more memory is held than bytes came")
    precondition(reading == expected, "the messages depend on how their bytes were split")
    reader.discard()
    precondition(reader.unreadCount == 0)
}

/// One step; `false` once there is nothing more to be read.
private func take(
    _ reader: inout MessageReader,
    _ announced: inout Int?,
    _ reading: inout Reading,
    _ limit: Int
) throws(RPCStatus) -> Bool {
    switch try reader.next() {
    case .needsBytes: return false
    case .announced(let count):
        precondition(announced == nil && count <= limit, "a message was announced that may not be")
        announced = count
    case .message(let message):
        precondition(message.bytes.count == announced, "a message is not as long as it was announced")
        announced = nil
        reading.messages.append(message.bytes.withUnsafeBytes { Array($0) })
        reading.flags.append(message.isCompressed)
    }
    return true
}

private func inflate(_ bytes: [UInt8]) {
    for coding in ContentCoding.allCases {
        for limit in [0, 1, 1000, 1 << 16] {
            guard let content = try? coding.inflateMessage(TensorBytes(bytes), limit: limit) else { continue }
            precondition(content.count <= limit, "a message inflates beyond its limit")
        }
    }
}

private func checkTimeout(_ text: String) {
    guard let nanoseconds = RequestTimeout.parse(text) else { return }
    precondition(text.utf8.count <= 9 && text.utf8.first! <= UInt8(ascii: "9"), "a timeout is digits and a unit")
    precondition((nanoseconds == 0) == text.dropLast().allSatisfy { $0 == "0" }, "a timeout vanished")
}

/// Sizes of pieces, small ones most of the time.
private struct Splits {
    private var state: UInt64

    init(seed: UInt8) { state = UInt64(seed) &+ 1 }

    mutating func next() -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let drawn = Int(state >> 33)
        return drawn % 5 == 0 ? drawn % 20_000 + 1 : drawn % 9 + 1
    }
}

// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Engines

@Suite struct WorkerMessageTests {
    private func golden(_ name: String) throws -> WorkerMessage {
        try WorkerFixtures.message(try WorkerFixtures.bytes(name))
    }

    @Test func goldenMessagesOfAWorkerAreRead() throws {
        #expect(try golden("01-hello") == .hello)
        #expect(try golden("04-ready") == .ready("{\"is_ready\": true}"))
        #expect(try golden("05-refused") == .refused("ValueError: é"))
        #expect(try golden("08-done") == .done(batch: 9, failure: nil))
        #expect(try golden("08-done-failed") == .done(batch: 10, failure: "Failed: é"))
        #expect(try golden("09-lease-wanted") == .leaseWanted(number: 5, bytes: 1 << 40))
        #expect(try golden("11-lease-returned") == .leaseReturned(area: 1, offset: 8192))
        #expect(try golden("13-log") == .log(level: 2, "a warning €"))
        #expect(try golden("16-probed") == .probed(number: 77, isReady: true))
        #expect(try golden("17-inputs-kept") == .inputsKept(batch: 9))
        #expect(try golden("18-inputs-released") == .inputsReleased(batch: 9))
        let end = WorkerResponse(request: 7, isLast: true, isEmpty: true, outputs: [], parameters: "")
        #expect(try golden("07-respond-end") == .respond(batch: 0, [end]))
    }

    @Test func goldenResponsesAreRead() throws {
        guard case .respond(batch: 9, let responses) = try golden("07-respond"), responses.count == 2 else {
            Issue.record("not two responses of batch 9")
            return
        }
        #expect(responses[0].request == 0x1122_3344_5566_7788)
        #expect(responses[0].isLast && !responses[0].isEmpty && responses[0].error == nil)
        #expect(responses[0].parameters == "{\"p\": true}")
        #expect(responses[0].outputs.map(\.name) == ["OUT", "ö"])
        #expect(responses[0].outputs.map(\.dataType) == [.int16, .bytes])
        #expect(responses[0].outputs.map(\.shape) == [[2, 2], [1]])
        #expect(responses[0].outputs.map(\.offset) == [640, 704])
        #expect(responses[0].outputs.map(\.length) == [8, 6])
        #expect(responses[1].error == ServingError(.notFound, "no such thing é", reason: .backend))
    }

    @Test func theServersMessagesAreTheGoldenOnes() throws {
        let block = try WorkerFixtures.bytes("block")
        let messages = [
            "02-area": ServerMessage.area(3, .response, bytes: 1 << 20),
            "03-start": ServerMessage.start(arguments: AreaSpan(area: 3, offset: 128, length: 143)),
            "06-execute": ServerMessage.execute(
                batch: 9,
                requests: 2,
                block: AreaSpan(area: 3, offset: 4096, length: block.count),
                lease: AreaSpan(area: 1, offset: 640, length: 4096)
            ),
            "10-lease": ServerMessage.lease(5, AreaSpan(area: 1, offset: 8192, length: 65_536)),
            "12-cancel": ServerMessage.cancel(request: 0x1122_3344_5566_7788),
            "14-finish": ServerMessage.finish(),
        ]
        for (name, message) in messages { #expect(try WorkerFixtures.bytes(name) == message, "\(name)") }
    }

    @Test(arguments: WorkerFixtures.fromServer)
    func whatOnlyTheServerSaysIsRefused(name: String) throws {
        let bytes = try WorkerFixtures.bytes(name)
        #expect(throws: WorkerFault.self) { try WorkerFixtures.message(bytes) }
    }

    @Test(arguments: WorkerFixtures.fromWorker)
    func cutAndLengthenedMessagesAreRefused(name: String) throws {
        let bytes = try WorkerFixtures.bytes(name)
        for count in 0..<bytes.count {
            #expect(throws: WorkerFault.self) { try WorkerFixtures.message(Array(bytes[0..<count])) }
        }
        #expect(throws: WorkerFault.self) { try WorkerFixtures.message(bytes + [0]) }
        // With a length that is true, of which the rest is not what it says.
        var longer = bytes + [UInt8](repeating: 0, count: 4)
        withUnsafeBytes(of: UInt32(longer.count).littleEndian) { longer.replaceSubrange(4..<8, with: $0) }
        if !["04-ready", "05-refused", "13-log"].contains(name) {
            #expect(throws: WorkerFault.self) { try WorkerFixtures.message(longer) }
        }
    }

    @Test(arguments: [(65_536, true), (65_537, false)])
    func noMessageIsLongerThanAllowed(count: Int, isRead: Bool) {
        var bytes = [UInt8](repeating: UInt8(ascii: "x"), count: count)
        bytes.replaceSubrange(0..<16, with: [5, 0, 1, 0] + [UInt8](repeating: 0, count: 12))
        withUnsafeBytes(of: UInt32(count).littleEndian) { bytes.replaceSubrange(4..<8, with: $0) }
        #expect(((try? WorkerFixtures.message(bytes)) != nil) == isRead)
    }

    @Test(arguments: [(4096, true), (4097, false)])
    func noLogLineIsLongerThanAllowed(count: Int, isRead: Bool) {
        var bytes: [UInt8] = [13, 0, 1, 0] + [UInt8](repeating: 0, count: 12)
        bytes += [UInt8](repeating: UInt8(ascii: "x"), count: count)
        withUnsafeBytes(of: UInt32(bytes.count).littleEndian) { bytes.replaceSubrange(4..<8, with: $0) }
        #expect(((try? WorkerFixtures.message(bytes)) != nil) == isRead)
    }

    /// A response with `outputs` of no bytes, each of `dimensions` dimensions of which the first is 0.
    private func response(outputs: Int, dimensions: Int) -> [UInt8] {
        var writer = MessageWriter(.respond, subject: 1)
        let length = 32 + outputs * (32 + 8 * dimensions)
        for number in [1, UInt64(1) | UInt64(outputs) << 32, 0, UInt64(length) << 32] { writer.put(number) }
        for _ in 0..<outputs {
            for number in [11, UInt32(dimensions), 0, 0] { writer.put(number) }
            writer.put(UInt64(0))
            writer.put(UInt64(0))
            for index in 0..<dimensions { writer.put(Int64(index == 0 ? 0 : 1)) }
        }
        return writer.finished()
    }

    @Test(arguments: [(256, 1, true), (257, 1, false), (1, 16, true), (1, 17, false)])
    func outputsAndDimensionsAreBounded(outputs: Int, dimensions: Int, isRead: Bool) {
        #expect(((try? WorkerFixtures.message(response(outputs: outputs, dimensions: dimensions))) != nil) == isRead)
    }
}

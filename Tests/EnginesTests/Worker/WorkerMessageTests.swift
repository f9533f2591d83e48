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
            "15-probe": ServerMessage.probe(77),
            "20-answer": ServerMessage.answer(
                call: 6,
                AreaSpan(area: 3, offset: 4096, length: try WorkerFixtures.bytes("answer-block").count)
            ),
            "24-told": ServerMessage.told(8, .value(1)),
            "24-told-failed": ServerMessage.told(8, .failed(ServingError(.unsupported, "no é"))),
        ]
        for (name, message) in messages { #expect(try WorkerFixtures.bytes(name) == message, "\(name)") }
    }

    @Test func goldenQuestionsAreRead() throws {
        #expect(try golden("21-answer-taken") == .answerTaken(call: 6))
        #expect(try golden("22-call-cancelled") == .callCancelled(call: 6))
        #expect(try golden("27-measure") == .measure(metric: 4, Measurement(.increment, 2.5)))
        #expect(try golden("28-value-wanted") == .ask(number: 8, .value(metric: 4)))
        let family = FamilyWanted(name: "n_total", help: "d é", kind: .gauge)
        #expect(try golden("25-family-wanted") == .ask(number: 8, .family(family)))
        let metric = MetricWanted(family: 2, labels: ["a": "é", "b": ""], bounds: [0.5, 2])
        #expect(try golden("26-metric-wanted") == .ask(number: 8, .metric(metric)))
        guard case .ask(8, .models(let ready)) = try golden("23-ask"),
            case .ask(8, .models(let load)) = try golden("23-ask-load")
        else {
            Issue.record("no questions about models")
            return
        }
        #expect(ready.what == .isReady && ready.model == "other" && ready.version == 3 && ready.parts.isEmpty)
        #expect(load.what == .load && load.version == nil)
        #expect(
            load.parts == [
                ModelQuestion.Part(name: "", area: 1, offset: 8192, length: 2),
                ModelQuestion.Part(name: "1/a", area: 1, offset: 8194, length: 3),
            ]
        )
    }

    @Test func theGoldenCallIsRead() throws {
        guard case .call(6, let call) = try golden("19-call") else {
            Issue.record("no call 6")
            return
        }
        #expect(call.origin == 7 && call.model == "other" && call.version == 3 && call.id == "id é")
        #expect(call.correlation == .string("text") && call.timeoutMicroseconds == 5 && call.takesStream)
        #expect(call.startsSequence && !call.endsSequence && call.requestedOutputs == ["OUT", "ö"])
        #expect(call.inputs.map(\.name) == ["IN", "W"] && call.inputs.map(\.offset) == [8192, 8256])
        #expect(call.inputs.map(\.dataType) == [.int16, .bytes] && call.inputs.map(\.shape) == [[2, 2], [1]])
        #expect(try call.fields(inputs: []).parameters == [Parameter(name: "p", value: .int64(1))])
    }

    @Test func theServersAnswerIsTheGoldenOne() throws {
        let outputs = [
            OutputTensor(name: "OUT", dataType: .int16, shape: [2], bytes: TensorBytes([0xFF, 0xFF, 5, 0])),
            OutputTensor(name: "ö", dataType: .bytes, shape: [1], bytes: TensorBytes([2, 0, 0, 0, 0x68, 0x69])),
        ]
        let response = InferenceResponse(outputs: outputs, parameters: [Parameter(name: "p", value: .int64(1))])
        let block = try #require(AnswerBlock(call: 6, .response(response, isFinal: false)))
        let golden = try WorkerFixtures.bytes("answer-block")
        #expect(block.byteCount == golden.count)
        var bytes = [UInt8](repeating: 0, count: block.byteCount)
        bytes.withUnsafeMutableBytes {
            block.write(into: $0, at: AreaSpan(area: 3, offset: 4096, length: block.byteCount))
        }
        #expect(bytes == golden)
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

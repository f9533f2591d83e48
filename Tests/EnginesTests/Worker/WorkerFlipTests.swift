// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Engines

/// Every byte of every message that a worker can send, turned into others: the server finds a fault or takes an answer,
/// and what it takes lies within what it lent.
@Suite struct WorkerFlipTests {
    /// Request 1 of batch 1, and a lease of the bytes from 640 to 4736 of area 0.
    private static func ledger() -> WorkerLedger {
        var ledger = WorkerLedger(isDecoupled: false, requestLimit: 1 << 20, outputLimit: 1 << 20)
        ledger.requestRanges.addArea(bytes: 1 << 16)
        ledger.responseRanges.addArea(bytes: 1 << 16)
        guard case .span(let block) = ledger.requestRanges.reserve(512),
            case .span = ledger.responseRanges.reserve(640),
            case .span(let lease) = ledger.responseRanges.reserve(4096)
        else { preconditionFailure("the areas are large enough") }
        _ = ledger.open(requests: 2, block: block, lease: lease)
        return ledger
    }

    /// The golden responses, as answers to the two requests of batch 1 in area 0.
    private static func respond() throws -> [UInt8] {
        var bytes = try WorkerFixtures.bytes("07-respond")
        func put(_ number: some FixedWidthInteger, at offset: Int) {
            withUnsafeBytes(of: number.littleEndian) {
                bytes.replaceSubrange(offset..<offset + $0.count, with: $0)
            }
        }
        put(UInt64(1), at: 8)
        put(UInt64(1), at: 16)
        put(UInt32(0), at: 60)
        put(UInt32(0), at: 116)
        put(UInt64(2), at: 168)
        return bytes
    }

    /// - Returns: whether it was taken.
    private static func take(_ bytes: [UInt8], _ ledger: inout WorkerLedger, _ area: [UInt8]) -> Bool {
        do throws(WorkerFault) {
            switch try WorkerFixtures.message(bytes) {
            case .respond(let batch, let responses):
                for response in responses {
                    try ledger.accept(response, batch: batch)
                    for output in response.outputs where output.length > 0 {
                        let end = output.offset + output.length
                        #expect(output.area == 0 && output.offset >= 640 && end <= 4736, "outside of the lease")
                        guard output.dataType == .bytes, Int(end) <= area.count else { continue }
                        let bytes = TensorBytes(Array(area[Int(output.offset)..<Int(end)]))
                        if BytesTensor.elementCount(of: bytes) != output.elementCount { throw WorkerFault("strings") }
                    }
                    _ = try JSONObjectReader.parameters(response.parameters)
                }
            case .done(let batch, _): _ = try ledger.done(batch)
            case .leaseWanted(_, let bytes):
                if case .granted(let span) = try ledger.leaseWanted(bytes: bytes) {
                    #expect(span.offset + span.length <= 1 << 16)
                }
            case .leaseReturned(let area, let offset): try ledger.leaseReturned(area: area, offset: offset)
            case .inputsKept(let batch): try ledger.inputsKept(batch)
            case .inputsReleased(let batch): try ledger.inputsReleased(batch)
            case .call(let number, let call):
                _ = try ledger.inputBytes(of: call.inputs)
                for input in call.inputs where input.length > 0 {
                    #expect(input.area == 0 && input.offset >= 640 && input.offset + input.length <= 4736)
                }
                _ = try call.fields(inputs: [])
                var calls = CallLedger(countLimit: 4, byteLimit: 1 << 20)
                _ = try calls.open(number, inputBytes: 0)
            case .answerTaken(let call):
                var calls = CallLedger(countLimit: 4, byteLimit: 1 << 20)
                _ = try calls.open(6, inputBytes: 0)
                _ = calls.answered(6, .completed)
                calls.placed(6, at: AreaSpan(area: 0, offset: 0, length: 64))
                _ = try calls.taken(call)
            case .ask(_, let question): try Self.ask(question, ledger)
            case .measure(let metric, let measurement):
                var table = Self.metrics()
                try table.measured(metric, measurement)
            case .callCancelled, .hello, .ready, .refused, .log, .probed: break
            }
            return true
        } catch {
            return false
        }
    }

    /// A counter in place 4.
    private static func metrics() -> MetricTable {
        var table = MetricTable(limits: CustomMetricLimits())
        _ = try? table.family(FamilyWanted(name: "a", help: "", kind: .counter))
        for index in 0..<5 { _ = try? table.metric(MetricWanted(family: 0, labels: ["l": "\(index)"], bounds: [])) }
        return table
    }

    private static func ask(_ question: WorkerQuestion, _ ledger: WorkerLedger) throws(WorkerFault) {
        var table = metrics()
        switch question {
        case .models(let question):
            try ledger.checkPlaces(of: question.parts)
            for part in question.parts where part.length > 0 {
                #expect(part.area == 0 && part.offset >= 640 && part.offset + part.length <= 4736)
            }
        case .family(let wanted): _ = try? table.family(wanted)
        case .metric(let wanted): _ = try? table.metric(wanted)
        case .value(let metric): _ = try table.value(metric)
        }
    }

    /// The golden call or load, with what comes along in the lease.
    private static func inLease(_ name: String) throws -> [UInt8] {
        var bytes = try WorkerFixtures.bytes(name)
        func replace(_ old: UInt64, by new: UInt64) {
            let pattern = withUnsafeBytes(of: old.littleEndian) { Array($0) }
            for index in 16..<bytes.count - 8 where Array(bytes[index..<index + 8]) == pattern {
                bytes.replaceSubrange(index - 4..<index, with: [0, 0, 0, 0])
                bytes.replaceSubrange(index..<index + 8, with: withUnsafeBytes(of: new.littleEndian) { Array($0) })
            }
        }
        for (old, new) in [(8192, 640), (8256, 704), (8194, 642)] as [(UInt64, UInt64)] { replace(old, by: new) }
        return bytes
    }

    private static func message(_ name: String) throws -> [UInt8] {
        switch name {
        case "07-respond": try respond()
        case "19-call", "23-ask-load": try inLease(name)
        default: try WorkerFixtures.bytes(name)
        }
    }

    @Test(arguments: ["19-call", "23-ask", "23-ask-load", "26-metric-wanted", "27-measure", "28-value-wanted"])
    func questionsThatAreNotFlippedAreTaken(name: String) throws {
        var ledger = Self.ledger()
        #expect(Self.take(try Self.message(name), &ledger, []))
    }

    @Test func whatIsNotFlippedIsTaken() throws {
        var ledger = Self.ledger()
        let area = [UInt8](repeating: 0, count: 704) + [2, 0, 0, 0, 1, 1] + [UInt8](repeating: 0, count: 4096)
        #expect(Self.take(try Self.respond(), &ledger, area))
        #expect(!Self.take(try Self.respond(), &ledger, area), "no request is answered twice")
    }

    @Test(arguments: WorkerFixtures.fromWorker)
    func everyByteFlipped(name: String) throws {
        let bytes = try Self.message(name)
        let area = [UInt8](repeating: 0, count: 8192)
        let fresh = Self.ledger()
        var refused = 0
        for index in bytes.indices {
            for value in 0...UInt8.max where value != bytes[index] {
                var flipped = bytes
                flipped[index] = value
                var ledger = fresh
                if !Self.take(flipped, &ledger, area) { refused += 1 }
            }
        }
        // The head alone has eight bytes that admit no other value.
        #expect(refused >= 8 * 200, "\(refused) of \(bytes.count * 255) refused")
    }

    @Test func bytesAtRandom() throws {
        var random = SplitMix64(seed: 5)
        let area = [UInt8](repeating: 0, count: 8192)
        let fresh = Self.ledger()
        for name in WorkerFixtures.fromWorker {
            let bytes = try Self.message(name)
            for _ in 0..<2_000 {
                var changed = bytes
                for _ in 0..<1 + Int(random.next() % 8) {
                    changed[Int(random.next() % UInt64(changed.count))] = UInt8(truncatingIfNeeded: random.next())
                }
                var ledger = fresh
                _ = Self.take(changed, &ledger, area)
            }
        }
    }
}

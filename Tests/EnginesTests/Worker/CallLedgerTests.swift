// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Engines

@Suite struct CallLedgerTests {
    private static let span = AreaSpan(area: 0, offset: 0, length: 64)

    private static func response(_ bytes: Int, isFinal: Bool = false) -> ResponseEvent {
        let output = OutputTensor(
            name: "O",
            dataType: .uint8,
            shape: [Int64(bytes)],
            bytes: TensorBytes(count: bytes) { _ in }
        )
        return .response(InferenceResponse(outputs: [output]), isFinal: isFinal)
    }

    private static func ledger(count: Int = 4, bytes: Int = 10_000) -> CallLedger {
        CallLedger(countLimit: count, byteLimit: bytes)
    }

    private static func isSent(_ step: CallLedger.Step) -> Bool {
        if case .send = step { true } else { false }
    }

    @Test func oneAnswerIsOutAtATime() throws {
        var ledger = Self.ledger()
        #expect(try ledger.open(1, inputBytes: 100) == nil)
        #expect(Self.isSent(ledger.answered(1, Self.response(8))))
        #expect(throws: WorkerFault.self, "it is not sent yet") { try ledger.taken(1) }
        ledger.placed(1, at: Self.span)
        #expect(!Self.isSent(ledger.answered(1, Self.response(8))))
        #expect(!Self.isSent(ledger.answered(1, .completed)))
        #expect(!ledger.isRunning(1))
        var (span, next) = try ledger.taken(1)
        #expect(span == Self.span && next?.isLast == false)
        ledger.placed(1, at: Self.span)
        (span, next) = try ledger.taken(1)
        #expect(next?.isLast == true && ledger.bytes == 0)
        ledger.placed(1, at: Self.span)
        (span, next) = try ledger.taken(1)
        #expect(next == nil && ledger.isEmpty)
        #expect(throws: WorkerFault.self) { try ledger.taken(1) }
        #expect(try ledger.open(1, inputBytes: 0) == nil, "its number may be used again")
    }

    @Test func nothingCountsAfterTheEnd() throws {
        var ledger = Self.ledger()
        _ = try ledger.open(1, inputBytes: 0)
        #expect(Self.isSent(ledger.answered(1, Self.response(8, isFinal: true))))
        #expect(!Self.isSent(ledger.answered(1, .completed)))
        ledger.placed(1, at: Self.span)
        #expect(!Self.isSent(ledger.answered(1, .failed(ServingError(.cancelled, "late")))))
        _ = try ledger.taken(1)
        #expect(ledger.isEmpty)
        #expect(!Self.isSent(ledger.answered(1, .completed)), "of a call that is not known")
    }

    @Test func aNumberIsUsedByOneCall() throws {
        var ledger = Self.ledger()
        _ = try ledger.open(1, inputBytes: 0)
        #expect(throws: WorkerFault.self) { try ledger.open(1, inputBytes: 0) }
    }

    @Test(arguments: [(3, true), (4, false)])
    func callsAtOnceAreBounded(before: Int, isTaken: Bool) throws {
        var ledger = Self.ledger(count: 4)
        for number in 0..<UInt64(before) { _ = try ledger.open(number, inputBytes: 0) }
        #expect((try ledger.open(99, inputBytes: 0) == nil) == isTaken)
    }

    @Test func refusedCallsAreBoundedToo() throws {
        var ledger = Self.ledger(count: 1)
        for number in 0..<UInt64(WorkerProtocol.callCount) {
            _ = try ledger.open(number, inputBytes: 0)
            _ = ledger.answered(number, .completed)
        }
        #expect(throws: WorkerFault.self) { try ledger.open(1 << 20, inputBytes: 0) }
    }

    @Test(arguments: [(10_000, true), (10_001, false), (.max, false)])
    func bytesOfInputsAreBounded(bytes: Int, isTaken: Bool) throws {
        var ledger = Self.ledger()
        #expect((try ledger.open(1, inputBytes: bytes) == nil) == isTaken)
        #expect(ledger.bytes == (isTaken ? bytes : 0))
        _ = ledger.answered(1, .completed)
        #expect(ledger.bytes == 0, "they count until the call is answered")
    }

    /// Each answer counts for its bytes and 512 more.
    @Test(arguments: [(4_488, false), (4_489, true)])
    func bytesOfAnswersThatWaitAreBounded(bytes: Int, overflows: Bool) throws {
        var ledger = Self.ledger()
        _ = try ledger.open(1, inputBytes: 0)
        _ = ledger.answered(1, Self.response(1))
        ledger.placed(1, at: Self.span)
        _ = ledger.answered(1, Self.response(4_488))
        let step = ledger.answered(1, Self.response(bytes))
        if case .overflow = step { #expect(overflows) } else { #expect(!overflows) }
        #expect(ledger.isRunning(1) == !overflows)
        guard overflows else { return }
        #expect(ledger.bytes == 0)
        let (_, next) = try ledger.taken(1)
        guard case .failed(let error)? = next?.event else {
            Issue.record("the worker is not told")
            return
        }
        #expect(error.code == .resourceExhausted)
        ledger.placed(1, at: Self.span)
        _ = try ledger.taken(1)
        #expect(ledger.isEmpty && ledger.bytes == 0)
    }

    @Test func aCallWithoutRoomForItsAnswerIsOver() throws {
        var ledger = Self.ledger()
        _ = try ledger.open(1, inputBytes: 50)
        _ = ledger.answered(1, Self.response(8))
        _ = ledger.answered(1, Self.response(8))
        ledger.placed(1, at: nil)
        #expect(!ledger.isRunning(1) && ledger.bytes == 0)
        let (span, next) = try ledger.taken(1)
        #expect(span == nil && next == nil && ledger.isEmpty)
    }
}

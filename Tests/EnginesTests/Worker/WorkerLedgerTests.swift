// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Engines

@Suite struct WorkerLedgerTests {
    private static func ledger(isDecoupled: Bool = false, outputLimit: Int = 4096) -> WorkerLedger {
        var ledger = WorkerLedger(isDecoupled: isDecoupled, requestLimit: 1 << 20, outputLimit: outputLimit)
        ledger.requestRanges.addArea(bytes: 4096)
        ledger.responseRanges.addArea(bytes: 8192)
        return ledger
    }

    private static func open(_ ledger: inout WorkerLedger, requests: Int = 1, lease bytes: Int = 1024)
        -> WorkerLedger.Opened
    {
        guard case .span(let block) = ledger.requestRanges.reserve(256),
            case .span(let lease) = ledger.responseRanges.reserve(bytes)
        else { preconditionFailure("the areas are large enough") }
        return ledger.open(requests: requests, block: block, lease: lease)
    }

    private static func answer(
        _ request: UInt64,
        offset: UInt64 = 0,
        length: UInt64 = 64,
        area: UInt32 = 0,
        isLast: Bool = true
    ) -> WorkerResponse {
        let output = WorkerOutput(
            name: "OUT",
            dataType: .uint8,
            shape: [Int64(clamping: length)],
            area: area,
            offset: offset,
            length: length,
            elementCount: Int(clamping: length)
        )
        return WorkerResponse(request: request, isLast: isLast, isEmpty: false, outputs: [output], parameters: "")
    }

    @Test func aRequestIsAnsweredOnceAndByItsBatch() throws {
        var ledger = Self.ledger()
        let opened = Self.open(&ledger, requests: 2)
        #expect(opened == WorkerLedger.Opened(batch: 1, firstRequest: 1))
        #expect(throws: WorkerFault.self) { try ledger.accept(Self.answer(3), batch: 1) }
        #expect(throws: WorkerFault.self) { try ledger.accept(Self.answer(1), batch: 2) }
        try ledger.accept(Self.answer(1), batch: 1)
        #expect(throws: WorkerFault.self) { try ledger.accept(Self.answer(1), batch: 1) }
        try ledger.accept(Self.answer(2), batch: 0)
        #expect(try ledger.done(1) == [])
        #expect(throws: WorkerFault.self) { try ledger.done(1) }
        #expect(ledger.openRequestCount == 0)
    }

    @Test func oneAnswerForEachUnlessItIsDecoupled() throws {
        var plain = Self.ledger()
        _ = Self.open(&plain)
        #expect(throws: WorkerFault.self) { try plain.accept(Self.answer(1, isLast: false), batch: 1) }
        var decoupled = Self.ledger(isDecoupled: true)
        _ = Self.open(&decoupled)
        for _ in 0..<100 { try decoupled.accept(Self.answer(1, isLast: false), batch: 1) }
        #expect(try decoupled.done(1) == [1])
        let late = WorkerResponse(request: 1, isLast: true, isEmpty: true, outputs: [], parameters: "")
        try decoupled.accept(late, batch: 0)
        #expect(throws: WorkerFault.self) { try decoupled.accept(late, batch: 0) }
    }

    @Test(
        arguments: [
            (0, 1024, 0, true), (0, 1025, 0, false), (64, 960, 0, true), (64, 961, 0, false), (1024, 1, 0, false),
            (32, 64, 0, false), (0, 64, 1, false), (UInt64.max - 63, 64, 0, false), (0, UInt64.max, 0, false),
            (UInt64.max - 63, 0, 7, true),
        ] as [(UInt64, UInt64, UInt32, Bool)]
    )
    func outputsLieInALease(offset: UInt64, length: UInt64, area: UInt32, isTaken: Bool) {
        var ledger = Self.ledger()
        _ = Self.open(&ledger, lease: 1024)
        let answer = Self.answer(1, offset: offset, length: length, area: area)
        #expect(((try? ledger.accept(answer, batch: 1)) != nil) == isTaken)
    }

    @Test func aBatchsLeaseEndsWithIt() throws {
        var ledger = Self.ledger(isDecoupled: true)
        _ = Self.open(&ledger)
        #expect(try ledger.done(1) == [1])
        #expect(throws: WorkerFault.self) { try ledger.accept(Self.answer(1), batch: 1) }
        #expect(throws: WorkerFault.self) { try ledger.leaseReturned(area: 0, offset: 0) }
    }

    @Test func whatABatchAnswersIsBoundedAltogether() throws {
        var ledger = Self.ledger(outputLimit: 2048)
        _ = Self.open(&ledger, requests: 3, lease: 1024)
        try ledger.accept(Self.answer(1, length: 1024), batch: 1)
        try ledger.accept(Self.answer(2, length: 1024), batch: 1)
        #expect(throws: WorkerFault.self) { try ledger.accept(Self.answer(3, length: 1), batch: 1) }
    }

    @Test func batchesEndInOrder() {
        var ledger = Self.ledger()
        _ = Self.open(&ledger)
        _ = Self.open(&ledger)
        #expect(throws: WorkerFault.self) { try ledger.done(2) }
        #expect(ledger.isRunning(1) && ledger.isRunning(2))
        #expect((try? ledger.done(1)) == [1], "its request is without an end")
        #expect((try? ledger.done(2)) == [2])
    }

    @Test func theLimitIsForBytesAndNotForWhereTheyLie() throws {
        var ledger = Self.ledger(outputLimit: 100)
        _ = Self.open(&ledger, requests: 3, lease: 1024)
        try ledger.accept(Self.answer(1, length: 65), batch: 1)
        try ledger.accept(Self.answer(2, offset: 128, length: 35), batch: 1)
        #expect(throws: WorkerFault.self) { try ledger.accept(Self.answer(3, offset: 192, length: 1), batch: 1) }
        _ = try ledger.done(1)
        #expect(ledger.lastOutputBytes == 192, "the next lease has to have room for them")
    }

    /// Room for as many tensors as a response may have, each of which begins at a multiple of 64.
    @Test(arguments: [(4096, true), (20480, true), (20481, false)] as [(UInt64, Bool)])
    func leasesAreBounded(bytes: UInt64, isGranted: Bool) throws {
        var ledger = WorkerLedger(isDecoupled: false, requestLimit: 1 << 20, outputLimit: 4096)
        ledger.responseRanges.addArea(bytes: 32768)
        let answer = try ledger.leaseWanted(bytes: bytes)
        #expect(answer == (isGranted ? .granted(AreaSpan(area: 0, offset: 0, length: Int(bytes))) : .refused))
        #expect(try ledger.leaseWanted(bytes: .max) == .refused)
    }

    @Test func thereAreSixtyFourLeases() throws {
        var ledger = Self.ledger()
        for _ in 0..<64 {
            guard case .granted = try ledger.leaseWanted(bytes: 64) else {
                Issue.record("refused")
                return
            }
        }
        #expect(throws: WorkerFault.self) { try ledger.leaseWanted(bytes: 64) }
        try ledger.leaseReturned(area: 0, offset: 64)
        #expect(throws: WorkerFault.self) { try ledger.leaseReturned(area: 0, offset: 64) }
        #expect(try ledger.leaseWanted(bytes: 64) == .granted(AreaSpan(area: 0, offset: 64, length: 64)))
    }

    @Test func inputsThatAreKeptAreNotOverwritten() throws {
        var ledger = Self.ledger()
        _ = Self.open(&ledger)
        #expect(throws: WorkerFault.self) { try ledger.inputsReleased(1) }
        try ledger.inputsKept(1)
        #expect(throws: WorkerFault.self) { try ledger.inputsKept(1) }
        #expect(throws: WorkerFault.self, "not before it is done") { try ledger.inputsReleased(1) }
        _ = try ledger.done(1)
        #expect(throws: WorkerFault.self) { try ledger.inputsKept(1) }
        #expect(ledger.requestRanges.reserve(64) == .span(AreaSpan(area: 0, offset: 256, length: 64)))
        try ledger.inputsReleased(1)
        #expect(ledger.requestRanges.reserve(64) == .span(AreaSpan(area: 0, offset: 0, length: 64)))
        #expect(ledger.keptBlockCount == 0)
    }

    /// A worker's largest answer, over and over: each batch is given what the last one took, as far as that goes, and asks
    /// for the rest.
    @Test("has room for the largest answer again and again", arguments: [1 << 20, 8 << 20, 256 << 20, 1 << 30])
    func largestAnswers(limit: Int) throws {
        var ledger = WorkerLedger(isDecoupled: false, requestLimit: 1 << 30, outputLimit: limit)
        ledger.responseRanges.addArea(bytes: AreaRanges.smallestArea)
        let estimate = LeaseEstimate(outputs: [])
        var taken = 0
        for bytes in [limit / 3, limit, limit, limit - 1_000_000, limit, limit / 2, limit, limit] where bytes > 0 {
            var lease: AreaSpan?
            let wanted = estimate.bytes(forItems: 1, lastTaken: taken)
            while wanted > 0, lease == nil {
                switch ledger.responseRanges.reserve(wanted) {
                case .span(let span): lease = span
                case .needsArea(let bytes): ledger.responseRanges.addArea(bytes: bytes)
                case .refused: Issue.record("no lease of \(wanted)")
                }
            }
            guard case .span(let block) = ledger.requestRanges.reserve(64) else {
                ledger.requestRanges.addArea(bytes: 1 << 20)
                continue
            }
            let opened = ledger.open(requests: 1, block: block, lease: lease)
            var asked: AreaSpan?
            while asked == nil {
                switch try ledger.leaseWanted(bytes: UInt64(bytes)) {
                case .granted(let span): asked = span
                case .needsArea(let bytes): ledger.responseRanges.addArea(bytes: bytes)
                case .refused:
                    Issue.record("no room for \(bytes) of \(limit)")
                    return
                }
            }
            if let asked { try ledger.leaseReturned(area: asked.area, offset: UInt64(asked.offset)) }
            for number in try ledger.done(opened.batch) { ledger.close(number) }
            taken = bytes
        }
        #expect(ledger.responseRanges.totalBytes <= 2 * limit + (67 << 20))
    }
}

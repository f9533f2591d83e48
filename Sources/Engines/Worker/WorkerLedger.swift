// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// What one worker has in hand: batches, requests, leases, and which bytes of its areas are whose. What it says is judged
/// against this and nothing else.
struct WorkerLedger: Sendable {
    struct Opened: Equatable {
        var batch: UInt64
        var firstRequest: UInt64
    }

    enum LeaseAnswer: Equatable {
        case granted(AreaSpan)
        case needsArea(bytes: Int)
        case refused
    }

    private struct Batch {
        var block: AreaSpan
        var lease: AreaSpan?
        /// Requests without an end.
        var open: Set<UInt64>
        /// What its answers have.
        var outputBytes = 0
        /// What they took of leases, for the next one to be given as much.
        var leasedBytes = 0
    }

    private struct LeaseKey: Hashable {
        var area: UInt32
        var offset: UInt64

        init(area: UInt32, offset: UInt64) {
            self.area = area
            self.offset = offset
        }

        init(_ span: AreaSpan) { self.init(area: span.area, offset: UInt64(span.offset)) }
    }

    let isDecoupled: Bool
    /// What the outputs of a batch, or of one message of a decoupled model, may have together.
    let outputLimit: Int
    var requestRanges: AreaRanges
    var responseRanges: AreaRanges
    private var batches: [UInt64: Batch] = [:]
    /// Batches that *done* has not been said for, in the order in which it has to be.
    private var running: [UInt64] = []
    /// Open requests, and the batch that each came in.
    private var requests: [UInt64: UInt64] = [:]
    private var leases: [LeaseKey: AreaSpan] = [:]
    private var askedFor: Set<LeaseKey> = []
    private var keptBlocks: [UInt64: AreaSpan] = [:]
    private var nextBatch: UInt64 = 1
    private var nextRequest: UInt64 = 1
    /// What the last batch's answers took.
    private(set) var lastOutputBytes = 0

    init(isDecoupled: Bool, requestLimit: Int, outputLimit: Int) {
        self.isDecoupled = isDecoupled
        self.outputLimit = outputLimit
        requestRanges = AreaRanges(byteLimit: requestLimit)
        let most = Self.leaseLimit(outputLimit: outputLimit)
        responseRanges = AreaRanges(byteLimit: Self.responseLimit(most: most), most: most)
    }

    var openRequestCount: Int { requests.count }
    var keptBlockCount: Int { keptBlocks.count }
    func isRunning(_ batch: UInt64) -> Bool { running.contains(batch) }
    func openRequests(of batch: UInt64) -> Set<UInt64> { batches[batch]?.open ?? [] }
    func isOpen(_ request: UInt64) -> Bool { requests[request] != nil }

    /// A batch is about to be sent. `block` and `lease` were reserved for it.
    mutating func open(requests count: Int, block: AreaSpan, lease: AreaSpan?) -> Opened {
        let opened = Opened(batch: nextBatch, firstRequest: nextRequest)
        nextBatch += 1
        nextRequest += UInt64(count)
        let numbers = Set(opened.firstRequest..<nextRequest)
        for number in numbers { requests[number] = opened.batch }
        batches[opened.batch] = Batch(block: block, lease: lease, open: numbers)
        running.append(opened.batch)
        if let lease { leases[LeaseKey(lease)] = lease }
        return opened
    }

    /// Whether `response` may be what it says; ends its request if it is the last.
    /// - Parameter named: the batch that the message names; 0 if a sender sends, which does not know its batch.
    mutating func accept(_ response: WorkerResponse, batch named: UInt64) throws(WorkerFault) {
        guard let number = requests[response.request], named == 0 || named == number, var batch = batches[number] else {
            throw WorkerFault("an answer to request \(response.request), which is not open in batch \(named)")
        }
        guard response.isLast || isDecoupled else {
            throw WorkerFault(
                "an answer to request \(response.request) that is not its last, of a model that is not decoupled"
            )
        }
        let before = isDecoupled ? Extent() : Extent(bytes: batch.outputBytes, leased: batch.leasedBytes)
        let extent = try extent(of: response.outputs, after: before)
        (batch.outputBytes, batch.leasedBytes) = (extent.bytes, extent.leased)
        if response.isLast {
            batch.open.remove(response.request)
            requests[response.request] = nil
        }
        batches[number] = batch
        forgetIfOver(number)
    }

    /// Whether the inputs of a call may lie where it says, and be as large.
    func inputBytes(of inputs: [WorkerOutput]) throws(WorkerFault) -> Int {
        try extent(of: inputs, after: Extent()).bytes
    }

    /// The same of the files that come with a question.
    func checkPlaces(of parts: [ModelQuestion.Part]) throws(WorkerFault) {
        for part in parts where part.length > 0 {
            guard isLeased(part.area, part.offset, part.length) else {
                throw WorkerFault("file '\(part.name)' lies outside of every lease")
            }
        }
    }

    private func checkPlace(of output: WorkerOutput) throws(WorkerFault) {
        guard output.offset % UInt64(WorkerProtocol.alignment) == 0 else {
            throw WorkerFault("tensor '\(output.name)' lies at \(output.offset), which is no multiple of 64")
        }
        guard isLeased(output.area, output.offset, output.length) else {
            throw WorkerFault("tensor '\(output.name)' lies outside of every lease")
        }
    }

    private func isLeased(_ area: UInt32, _ offset: UInt64, _ length: UInt64) -> Bool {
        leases.values.contains { $0.area == area && $0.contains(offset: offset, length: length) }
    }

    private struct Extent {
        var bytes = 0
        var leased = 0
    }

    /// The limit is for what clients get: that a tensor begins at a multiple of 64 is nothing that a model could know.
    private func extent(of outputs: [WorkerOutput], after before: Extent) throws(WorkerFault) -> Extent {
        var extent = before
        for output in outputs where output.length > 0 {
            try checkPlace(of: output)
            guard let length = Int(exactly: output.length), let leased = WorkerProtocol.aligned(length),
                case (let bytes, false) = extent.bytes.addingReportingOverflow(length), bytes <= outputLimit,
                case (let sum, false) = extent.leased.addingReportingOverflow(leased)
            else { throw WorkerFault("outputs of more than \(outputLimit) bytes") }
            extent = Extent(bytes: bytes, leased: sum)
        }
        return extent
    }

    /// One message's outputs, however the limit is divided among them.
    private static func leaseLimit(outputLimit: Int) -> Int {
        let (sum, overflow) = outputLimit.addingReportingOverflow(
            WorkerProtocol.outputCount * WorkerProtocol.alignment
        )
        return overflow ? outputLimit : sum
    }

    /// The largest lease has to be had also while a batch holds the one that it was given, wherever that lies.
    private static func responseLimit(most: Int) -> Int {
        let (twice, overflow) = most.multipliedReportingOverflow(by: 2)
        let (sum, isTooMuch) = twice.addingReportingOverflow(LeaseEstimate.limit + 2 * AreaRanges.smallestArea)
        return overflow || isTooMuch ? most : sum
    }

    private var leaseLimit: Int { Self.leaseLimit(outputLimit: outputLimit) }

    /// - Returns: its requests that are still without an end.
    mutating func done(_ number: UInt64) throws(WorkerFault) -> [UInt64] {
        guard running.first == number, let batch = batches[number] else {
            throw WorkerFault("done for batch \(number), which is not the one that runs")
        }
        running.removeFirst()
        lastOutputBytes = batch.leasedBytes
        if let lease = batch.lease { giveBack(lease) }
        if keptBlocks[number] == nil { _ = requestRanges.release(batch.block) }
        let open = batch.open.sorted()
        forgetIfOver(number)
        return open
    }

    /// The server ends a request that the worker may not answer any more.
    mutating func close(_ request: UInt64) {
        guard let number = requests.removeValue(forKey: request) else { return }
        batches[number]?.open.remove(request)
        forgetIfOver(number)
    }

    private mutating func forgetIfOver(_ number: UInt64) {
        if !running.contains(number), batches[number]?.open.isEmpty == true { batches[number] = nil }
    }

    /// - Returns: `.needsArea` if one has to be added before it is asked again.
    mutating func leaseWanted(bytes: UInt64) throws(WorkerFault) -> LeaseAnswer {
        guard leases.count < WorkerProtocol.leaseCount else {
            throw WorkerFault("more than \(WorkerProtocol.leaseCount) leases")
        }
        guard let wanted = Int(exactly: bytes), wanted <= leaseLimit else { return .refused }
        switch responseRanges.reserve(wanted) {
        case .span(let span):
            leases[LeaseKey(span)] = span
            askedFor.insert(LeaseKey(span))
            return .granted(span)
        case .needsArea(let bytes): return .needsArea(bytes: bytes)
        case .refused: return .refused
        }
    }

    mutating func leaseReturned(area: UInt32, offset: UInt64) throws(WorkerFault) {
        let key = LeaseKey(area: area, offset: offset)
        guard askedFor.remove(key) != nil, let lease = leases[key] else {
            throw WorkerFault("a lease at \(offset) of area \(area) is returned that was not asked for")
        }
        giveBack(lease)
    }

    private mutating func giveBack(_ lease: AreaSpan) {
        leases[LeaseKey(lease)] = nil
        _ = responseRanges.release(lease)
    }

    mutating func inputsKept(_ number: UInt64) throws(WorkerFault) {
        guard running.contains(number), let batch = batches[number], keptBlocks[number] == nil else {
            throw WorkerFault("inputs are kept of batch \(number), which does not run, or said twice")
        }
        keptBlocks[number] = batch.block
    }

    mutating func inputsReleased(_ number: UInt64) throws(WorkerFault) {
        guard !running.contains(number), let block = keptBlocks.removeValue(forKey: number) else {
            throw WorkerFault("inputs are released of batch \(number), of which none are kept")
        }
        _ = requestRanges.release(block)
    }
}

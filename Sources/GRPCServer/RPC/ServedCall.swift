// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOCore
import NIOHTTP2
import Transport

/// One call of a connection: what ``CallState``, ``MessageReader`` and ``OutboundQueue`` decide, done. Lives on the
/// event loop of its connection.
final class ServedCall: RPCCall {
    let stream: HTTP2StreamID
    let head: RPCHead
    let method: RPCMethod
    let eventLoop: any EventLoop
    /// How the client's messages are compressed.
    let coding: ContentCoding
    /// How ours are; `nil`: not at all.
    let replyCoding: ContentCoding?
    let gate: any Gate
    private(set) var permit: Permit
    private(set) var state: CallState
    var reader: MessageReader
    var queue = OutboundQueue()
    /// What the client lets us send on this stream.
    var sendWindow: Int
    var receiveWindow: ReceiveWindow
    /// `nil` once the call is no longer one of its connection's.
    var connection: RPCConnection?
    private var receiver: (any RPCReceiver)?
    /// The one message of a call that takes one, until it is sure that no other follows.
    private var single: RPCMessage?
    /// What the message that is being read has been charged.
    private var readingCharge = 0
    private var handedOverCharge = 0
    /// Of the bytes that wait unread, those that are charged.
    private var heldCharge = 0
    /// What waits for the client's windows and is charged.
    private var unsentCharge = 0
    /// What its receiver keeps until the client reads.
    private var heldBackCharge = 0
    private var receivedBytes = 0
    private var sentBytes = 0
    /// Since when the client has taken nothing of what waits.
    private var stalledSince: MonotonicTime?
    private var isPermitReleased = false
    private var isAdvancing = false
    private var wasUnwritable = false
    /// What the client's message that is under way has to be whole by.
    private var messageDeadline: MonotonicTime?
    private let ageDeadline: MonotonicTime?
    /// When to ask again whether the client may still go on.
    private var nextCheck: MonotonicTime?
    private(set) var outcome: RPCStatus?
    var hasSentHeaders = false
    /// Whether the connection has it among those with something to send.
    var isReady = false

    init(
        stream: HTTP2StreamID,
        head: RPCHead,
        headers: CallHeaders,
        method: RPCMethod,
        permit: Permit,
        connection: RPCConnection,
        eventLoop: any EventLoop
    ) {
        let settings = connection.shared.settings
        self.stream = stream
        self.head = head
        self.method = method
        self.permit = permit
        self.eventLoop = eventLoop
        self.connection = connection
        gate = connection.shared.gate
        coding = headers.coding
        replyCoding = method.endpoint.isInference && settings.compressionLevel != .none ? headers.acceptedCoding : nil
        state = CallState(kind: method.kind, inFlightLimit: settings.requestsPerStream)
        reader = MessageReader(limit: settings.messageBytes)
        sendWindow = connection.peerInitialWindow
        receiveWindow = ReceiveWindow(target: settings.streamWindowBytes, size: settings.streamWindowBytes)
        ageDeadline =
            settings.streamAgeSeconds > 0 && method.kind != .unary
            ? head.arrival.advanced(byNanoseconds: UInt64(settings.streamAgeSeconds) &* 1_000_000_000) : nil
        if method.kind != .unary, permit.visit != nil {
            nextCheck = head.arrival.advanced(byNanoseconds: Self.checkNanoseconds)
        }
        if method.kind != .bidirectional { messageDeadline = connection.messageDeadline(from: head.arrival) }
    }

    deinit { releasePermit() }

    /// A credential that is revoked ends what was opened with it within a second.
    private static let checkNanoseconds: UInt64 = 500_000_000

    // MARK: what the receiver calls

    var isWritable: Bool { !state.isOver && queue.count <= (connection?.shared.settings.unsentBytesPerStream ?? 0) }

    func send(_ write: (inout ByteBuffer) throws(ServingError) -> Void) throws(ServingError) {
        guard !state.isOver, let connection else { return }
        let before = queue.count
        try queue.append(coding: replyCoding, level: connection.shared.settings.compressionLevel.zlibLevel, write)
        sentBytes += queue.count - before
        connection.queued(queue.count - before, by: self)
        noteWritability()
    }

    func finish(_ status: RPCStatus) {
        guard state.end() else { return }
        outcome = status
        receiver = nil
        endInput()
        conclude(status)
        connection?.ready(self)
    }

    func charge(_ bytes: Int, to message: inout RPCMessage) throws(ServingError) {
        try reserve(bytes)
        handedOverCharge += bytes
        message.charge += bytes
    }

    func requestBegan() throws(ServingError) {
        guard !isPermitReleased else { return }
        try gate.begin(&permit)
    }

    func requestEnded() {
        if !isPermitReleased { gate.end(&permit) }
    }

    func conclude(_ conclusion: Conclusion) { gate.conclude(permit, conclusion) }

    func holdBack(_ bytes: Int) throws(ServingError) {
        // Counted in steps, so that small answers do not ask the gate each.
        let wanted = state.isOver ? 0 : bytes & ~0xffff
        if wanted > heldBackCharge {
            guard connection != nil else { return }
            try reserve(wanted - heldBackCharge)
        } else {
            giveBack(heldBackCharge - wanted)
        }
        heldBackCharge = wanted
    }

    func messageDone(_ message: RPCMessage) {
        guard state.messageDone() else { return }
        handedOverCharge -= message.charge
        giveBack(message.charge)
        if connection == nil {
            releasePermitIfUnused()
        } else if state.takesMessages {
            advance()
        }
    }

    // MARK: what the connection tells

    func opened() {
        receiver = method.open(self)
        if state.isOver { receiver = nil }
    }

    func bytesArrived(_ bytes: ByteBuffer) {
        guard !state.isOver else { return }
        reader.append(bytes)
        advance()
    }

    func inputEnded() {
        state.inputEnded()
        messageDeadline = nil
        advance()
    }

    private func conclude(_ status: RPCStatus) {
        let conclusion = Conclusion(
            method.endpoint,
            bytesIn: receivedBytes,
            bytesOut: sentBytes,
            status: status.code.rawValue
        )
        gate.conclude(permit, conclusion)
    }

    /// The client has gone, or the stream has.
    func cancelled() {
        guard state.end() else { return }
        conclude(RPCStatus(.cancelled))
        endInput()
        let told = receiver
        receiver = nil
        told?.cancelled()
    }

    /// The layer ends the call. What waits to be sent is not: the client has no use for it.
    func fail(_ status: RPCStatus) {
        guard state.end() else { return }
        outcome = status
        conclude(status)
        endInput()
        let told = receiver
        receiver = nil
        connection?.failed(self)
        told?.cancelled()
    }

    /// The answer does not reach the client; this does.
    func replaceOutcome(_ status: RPCStatus) { outcome = status }

    /// Sent bytes have left the queue.
    func drained() {
        stalledSince = nil
        noteWritability()
    }

    /// What is left after a turn is charged like a message that came, and has as long to move as one has to arrive.
    func settleUnsent() {
        guard let connection, !(queue.isEmpty && unsentCharge == 0) else { return }
        if queue.isEmpty { stalledSince = nil }
        if queue.count <= unsentCharge {
            let sent = unsentCharge - queue.count
            unsentCharge = queue.count
            giveBack(sent)
        } else {
            do throws(ServingError) { try chargeUnsent() } catch {
                return connection.overdue(self, RPCStatus(error))
            }
        }
        guard !queue.isEmpty, stalledSince == nil else { return }
        stalledSince = .now()
        connection.wakeAtLatest(stallDeadline)
    }

    /// An answer goes before what could only be held: that waits in the connection's window just as well.
    private func chargeUnsent() throws(ServingError) {
        let added = queue.count - unsentCharge
        if (try? gate.reserve(added, for: &permit)) == nil {
            giveBack(heldCharge)
            connection?.retain(retainedBytes + heldCharge, by: self)
            heldCharge = 0
            try gate.reserve(added, for: &permit)
        }
        connection?.charged(added)
        unsentCharge += added
    }

    private var stallDeadline: MonotonicTime? {
        guard let stalledSince, let connection else { return nil }
        return connection.messageDeadline(from: stalledSince)
    }

    /// It is not one of its connection's calls any more.
    func detached() {
        giveBack(unsentCharge)
        unsentCharge = 0
        stalledSince = nil
        if !isPermitReleased { connection?.charged(-permit.reservedBytes) }
        connection = nil
        queue.removeAll()
        releasePermitIfUnused()
    }

    // MARK: time

    var nextWake: MonotonicTime? {
        func sooner(_ one: MonotonicTime?, _ other: MonotonicTime?) -> MonotonicTime? {
            guard let one, let other else { return one ?? other }
            return min(one, other)
        }
        return sooner(
            sooner(sooner(head.deadline, stallDeadline), sooner(messageDeadline, ageDeadline)),
            state.isOver ? nil : nextCheck
        )
    }

    /// What to fail the call with, if its time is up.
    func overdue(at now: MonotonicTime) -> RPCStatus? {
        func isDue(_ time: MonotonicTime?) -> Bool { time.map { $0 <= now } ?? false }
        if isDue(head.deadline) { return RPCStatus(.deadlineExceeded, "Deadline Exceeded") }
        if isDue(messageDeadline) {
            return RPCStatus(.deadlineExceeded, "the request's message did not arrive in time")
        }
        if isDue(stallDeadline) { return RPCStatus(.deadlineExceeded, "the client did not read its answer in time") }
        if isDue(nextCheck), !state.isOver {
            nextCheck = now.advanced(byNanoseconds: Self.checkNanoseconds)
            if !gate.isValid(permit) {
                return RPCStatus(
                    .unauthenticated,
                    "the credential that this call was opened with is not valid any more"
                )
            }
        }
        if isDue(ageDeadline) { return RPCStatus(.deadlineExceeded, "the stream has reached its greatest age") }
        return nil
    }

    // MARK: reading messages

    /// Reads as many messages as may be handed over; bytes of others stay where they are.
    func advance() {
        guard !isAdvancing else { return }
        isAdvancing = true
        defer { isAdvancing = false }
        // What waited is charged again below, as the messages that it turns out to be or as what still waits.
        giveBack(heldCharge)
        heldCharge = 0
        do throws(RPCStatus) {
            while state.takesMessages, connection?.isCongested == false, try readStep() {}
        } catch {
            fail(error)
        }
        settleHeldBytes()
        expectRestOfMessage()
        openWindow()
    }

    /// - Returns: whether there may be more to read.
    private func readStep() throws(RPCStatus) -> Bool {
        switch try reader.next() {
        case .needsBytes:
            guard try state.inputExhausted(isMidMessage: reader.isMidMessage) else { return false }
            if let single {
                self.single = nil
                handOver(single)
            }
            if !state.isOver { receiver?.halfClosed() }
            return false
        case .announced(let bytes):
            try state.messageAnnounced()
            try charge(bytes)
            readingCharge = bytes
        case .message(let message):
            let message = try plain(message)
            if method.kind == .unary { single = message } else { handOver(message) }
        }
        return true
    }

    /// A message of a stream that has begun has to become whole; between messages a stream may be silent.
    private func expectRestOfMessage() {
        guard method.kind == .bidirectional else { return }
        guard state.phase == .open, state.takesMessages, reader.isMidMessage else {
            messageDeadline = nil
            return
        }
        guard messageDeadline == nil, let connection else { return }
        let deadline = connection.messageDeadline(from: .now())
        messageDeadline = deadline
        connection.wakeAtLatest(deadline)
    }

    private func handOver(_ message: RPCMessage) {
        state.messageHandedOver()
        receivedBytes += message.bytes.count
        messageDeadline = nil
        handedOverCharge += message.charge
        receiver?.messageArrived(message)
    }

    private func plain(_ message: MessageReader.Message) throws(RPCStatus) -> RPCMessage {
        let charged = readingCharge
        readingCharge = 0
        guard message.isCompressed else { return RPCMessage(bytes: message.bytes, charge: charged) }
        let limit = connection?.shared.settings.messageBytes ?? 0
        do throws(ServingError) {
            let bytes = try coding.inflateMessage(message.bytes, limit: limit)
            if bytes.count > charged {
                try reserve(bytes.count - charged)
            } else {
                giveBack(charged - bytes.count)
            }
            return RPCMessage(bytes: bytes, charge: bytes.count)
        } catch {
            throw RPCStatus(error)
        }
    }

    // MARK: what bytes are charged to

    private func charge(_ bytes: Int) throws(RPCStatus) {
        do throws(ServingError) { try reserve(bytes) } catch { throw RPCStatus(error) }
    }

    private func reserve(_ bytes: Int) throws(ServingError) {
        guard let connection else { return }
        try connection.checkRoom(for: bytes)
        try gate.reserve(bytes, for: &permit)
        connection.charged(bytes)
    }

    private func giveBack(_ bytes: Int) {
        guard bytes > 0, !isPermitReleased else { return }
        gate.giveBack(bytes, of: &permit)
        connection?.charged(-bytes)
    }

    /// Bytes that came and cannot be read yet are charged too, if there is room; the others keep the connection's
    /// window from opening.
    private func settleHeldBytes() {
        if state.isOver { reader.discard() }
        let unread = reader.unreadCount
        if unread > 0 {
            reader.leave()
            if connection?.mayHold(unread) == true, (try? reserve(unread)) != nil { heldCharge = unread }
        }
        connection?.retain(unread - heldCharge, by: self)
    }

    /// Bytes that this call keeps the connection's window from opening by.
    var retainedBytes = 0

    func openWindow() {
        guard state.phase == .open, reader.unreadCount == 0, let connection else { return }
        if let increment = receiveWindow.increment(retaining: 0) { connection.openWindow(of: stream, by: increment) }
    }

    /// Nothing more is read: what was charged for messages that were not handed over is free.
    private func endInput() {
        reader.discard()
        single = nil
        messageDeadline = nil
        heldCharge = 0
        readingCharge = 0
        heldBackCharge = 0
        giveBack(permit.reservedBytes - handedOverCharge - unsentCharge)
        connection?.retain(0, by: self)
    }

    private func releasePermitIfUnused() {
        if state.inFlight == 0 { releasePermit() }
    }

    private func releasePermit() {
        guard !isPermitReleased else { return }
        isPermitReleased = true
        gate.release(permit)
    }

    // MARK: backpressure

    private func noteWritability() {
        guard let limit = connection?.shared.settings.unsentBytesPerStream, !state.isOver else { return }
        if queue.count > limit {
            wasUnwritable = true
            state.isWritable = false
        } else if wasUnwritable, queue.count <= limit / 2 {
            wasUnwritable = false
            state.isWritable = true
            receiver?.becameWritable()
            if state.takesMessages { advance() }
        }
    }
}

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
    var permit: Permit
    var state: CallState
    var reader: MessageReader
    var queue = OutboundQueue()
    /// What the client lets us send on this stream.
    var sendWindow: Int
    var receiveWindow: ReceiveWindow
    /// `nil` once the call is no longer one of its connection's.
    var connection: RPCConnection?
    var receiver: (any RPCReceiver)?
    /// The one message of a call that takes one, until it is sure that no other follows.
    var single: RPCMessage?
    var charges = CallCharges()
    var receivedBytes = 0
    private var sentBytes = 0
    /// Who answers it.
    private var answering: ServedModel?
    /// What the lines of its messages say already.
    private var told = (bytesIn: 0, bytesOut: 0)
    var isPermitReleased = false
    var isAdvancing = false
    private var wasUnwritable = false
    var times: CallTimes
    /// Bytes that this call keeps the connection's window from opening by.
    var retainedBytes = 0
    /// Set while a message is decompressed on another thread: those behind it wait for it.
    var elsewhere: Abandonment?
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
        let isStream = method.kind != .unary
        times = CallTimes(
            arrival: head.arrival,
            deadline: head.deadline,
            ageSeconds: isStream ? settings.streamAgeSeconds : 0,
            checksCredential: isStream && permit.visit != nil
        )
        if method.kind != .bidirectional { times.message = connection.messageDeadline(from: head.arrival) }
    }

    deinit { releasePermit() }

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

    func requestBegan() throws(ServingError) {
        guard !isPermitReleased else { return }
        try gate.begin(&permit)
    }

    func requestEnded() {
        if !isPermitReleased { gate.end(&permit) }
    }

    func answers(_ model: any ServableModel) {
        answering = ServedModel(model)
    }

    func conclude(_ conclusion: Conclusion) {
        told.bytesIn += conclusion.bytesIn
        told.bytesOut += conclusion.bytesOut
        gate.conclude(permit, conclusion)
    }

    func messageDone(_ message: RPCMessage) {
        guard state.messageDone() else { return }
        charges.handedOver -= message.charge
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
        times.message = nil
        advance()
    }

    private func conclude(_ status: RPCStatus) {
        var conclusion = Conclusion(
            method.endpoint,
            model: answering?.name,
            version: answering?.version,
            bytesIn: max(0, receivedBytes - told.bytesIn),
            bytesOut: max(0, sentBytes - told.bytesOut),
            status: status.code.rawValue
        )
        conclusion.digest = answering?.digest
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
        times.unread = nil
        noteWritability()
    }

    /// It is not one of its connection's calls any more.
    func detached() {
        elsewhere?.abandon()
        giveBack(charges.unsent)
        charges.unsent = 0
        times.unread = nil
        if !isPermitReleased { connection?.charged(-permit.reservedBytes) }
        connection = nil
        queue.removeAll()
        releasePermitIfUnused()
    }

    // MARK: time

    var nextWake: MonotonicTime? { times.nextWake(isOver: state.isOver) }

    /// What to fail the call with, if its time is up.
    func overdue(at now: MonotonicTime) -> RPCStatus? {
        switch times.event(at: now, isOver: state.isOver) {
        case .deadlineReached: RPCStatus(.deadlineExceeded, "Deadline Exceeded")
        case .messageLate:
            RPCStatus(
                .deadlineExceeded,
                "the request's message did not arrive in time: --body-timeout-secs is the limit"
            )
        case .answerUnread:
            RPCStatus(.deadlineExceeded, "the client did not read its answer in time: --body-timeout-secs is the limit")
        case .tooOld:
            RPCStatus(
                .deadlineExceeded,
                "the stream has reached its greatest age: --grpc-max-stream-age-secs is the limit"
            )
        case .checkDue where !gate.isValid(permit):
            RPCStatus(.unauthenticated, "the credential that this call was opened with is not valid any more")
        case .checkDue, nil: nil
        }
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

// SPDX-License-Identifier: Apache-2.0
import GRPCServer
import Inference
import NIOCore

/// The layer below, as a receiver sees it.
final class FakeCall: RPCCall {
    let head: RPCHead
    let permit = Permit(principal: Principal(name: "tester"), reservedBytes: 0)
    let eventLoop: any EventLoop
    var isWritable = true
    /// Bytes that a message may be charged for beside its own.
    var room = Int.max
    /// Requests of a stream that may be in flight.
    var requestLimit = Int.max
    private(set) var sent: [[UInt8]] = []
    private(set) var status: RPCStatus?
    /// The charges of the messages that are done, which tell them apart.
    private(set) var done: [Int] = []
    /// The statuses of requests of a stream.
    private(set) var concluded: [Int] = []
    private(set) var heldBack = 0
    private(set) var begun = 0
    private(set) var answering: String?
    /// Held as the layer holds it, until the call ends.
    var receiver: (any RPCReceiver)?
    var whenFinished: ((FakeCall) -> Void)?

    init(eventLoop: any EventLoop, path: String = "", metadata: [(name: String, value: String)] = []) {
        self.eventLoop = eventLoop
        head = RPCHead(path: path, metadata: metadata, deadline: nil, remoteAddress: "127.0.0.1", arrival: .now())
    }

    func send(_ write: (inout ByteBuffer) throws(ServingError) -> Void) throws(ServingError) {
        var buffer = ByteBuffer()
        try write(&buffer)
        sent.append(Array(buffer.readableBytesView))
    }

    func finish(_ status: RPCStatus) {
        precondition(self.status == nil, "a call ends once")
        self.status = status
        receiver = nil
        whenFinished?(self)
    }

    func charge(_ bytes: Int, to message: inout RPCMessage) throws(ServingError) {
        guard bytes <= room else { throw ServingError(.unavailable, "no room for \(bytes) bytes") }
        message.charge += bytes
    }

    func answers(_ model: any ServableModel) { answering = model.name }

    func requestBegan() throws(ServingError) {
        guard begun < requestLimit else { throw ServingError(.unavailable, "too many requests in flight") }
        begun += 1
    }

    func requestEnded() {
        precondition(begun > 0, "a request ends after it has begun")
        begun -= 1
    }

    func conclude(_ conclusion: Conclusion) { concluded.append(conclusion.status) }
    func holdBack(_ bytes: Int) throws(ServingError) { heldBack = max(heldBack, bytes) }

    func messageDone(_ message: RPCMessage) {
        precondition(!done.contains(message.charge), "a message is done once")
        done.append(message.charge)
    }
}

/// What came of a call.
struct CallOutcome: Sendable {
    var status: RPCStatus
    var sent: [[UInt8]]
    var done: [Int]
}

/// Calls `method` with one message, on an event loop of its own.
func invoke(
    _ method: RPCMethod,
    _ message: [UInt8],
    on eventLoop: any EventLoop,
    metadata: [(name: String, value: String)] = []
) async throws -> CallOutcome {
    let promise = eventLoop.makePromise(of: CallOutcome.self)
    eventLoop.execute {
        let call = FakeCall(eventLoop: eventLoop, path: method.path, metadata: metadata)
        call.whenFinished = { call in
            promise.succeed(CallOutcome(status: call.status ?? .ok, sent: call.sent, done: call.done))
            call.whenFinished = nil
        }
        call.receiver = method.open(call)
        let receiver = call.receiver
        receiver?.messageArrived(RPCMessage(bytes: TensorBytes(message), charge: 1))
        receiver?.halfClosed()
    }
    return try await promise.futureResult.get()
}

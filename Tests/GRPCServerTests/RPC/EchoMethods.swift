// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOCore
import Synchronization

@testable import GRPCServer

/// What the methods below have seen.
final class CallLog: Sendable {
    struct Record: Sendable {
        var opened = 0
        var messages = 0
        var messageBytes = 0
        var halfClosed = 0
        var cancelled = 0
        var writable = 0
        var sent = 0
        var heads: [RPCHead] = []
    }

    private let record = Mutex(Record())

    var now: Record { record.withLock { $0 } }
    func note(_ change: (inout Record) -> Void) { record.withLock { change(&$0) } }

    func eventually(_ condition: (Record) -> Bool) async -> Bool {
        for _ in 0..<12_000 {
            if condition(now) { return true }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return condition(now)
    }
}

enum EchoMethods {
    /// `Unary` and `Stream` answer each message with itself; `Hold` keeps messages for ever; `Flood` answers its first
    /// message with as many kilobyte messages as it says in its four bytes, as fast as the client reads.
    static func all(_ log: CallLog) -> [RPCMethod] {
        func method(_ name: String, _ kind: RPCMethod.Kind, _ act: EchoReceiver.Act) -> RPCMethod {
            let endpoint: Endpoint = kind == .bidirectional ? .streamInfer : .infer
            return RPCMethod(path: "/test.Echo/\(name)", kind: kind, endpoint: endpoint) {
                EchoReceiver($0, act: act, log: log)
            }
        }
        return [
            method("Unary", .unary, .echo), method("Stream", .bidirectional, .echo), method("Hold", .unary, .hold),
            method("HoldStream", .bidirectional, .hold), method("Flood", .bidirectional, .flood),
            method("Refuse", .bidirectional, .refuse), method("Many", .serverStreaming, .flood),
            method("Watch", .serverStreaming, .echo),
        ]
    }
}

final class EchoReceiver: RPCReceiver {
    enum Act: Sendable { case echo, hold, flood, refuse }

    private let call: any RPCCall
    private let act: Act
    private let log: CallLog
    private var toSend = 0

    init(_ call: any RPCCall, act: Act, log: CallLog) {
        self.call = call
        self.act = act
        self.log = log
        log.note {
            $0.opened += 1
            $0.heads.append(call.head)
        }
        if act == .refuse { call.finish(RPCStatus(.notFound, "no ‘thing’ at 100%\n")) }
    }

    func messageArrived(_ message: RPCMessage) {
        log.note {
            $0.messages += 1
            $0.messageBytes += message.bytes.count
        }
        switch act {
        case .echo:
            let hasBegun = call.head.path.hasSuffix("Stream") && (try? call.requestBegan()) != nil
            try? call.send { buffer in
                _ = message.bytes.withUnsafeBytes { buffer.writeBytes($0) }
            }
            if hasBegun { call.requestEnded() }
            call.messageDone(message)
        case .hold, .refuse: break
        case .flood:
            toSend = message.bytes.withUnsafeBytes { $0.reduce(0) { $0 << 8 | Int($1) } }
            call.messageDone(message)
            flood()
        }
    }

    private func flood() {
        while toSend > 0, call.isWritable {
            toSend -= 1
            try? call.send { $0.writeRepeatingByte(7, count: 1024) }
            log.note { $0.sent += 1 }
        }
        if toSend == 0 { call.finish(.ok) }
    }

    func halfClosed() {
        log.note { $0.halfClosed += 1 }
        if act == .echo { call.finish(.ok) }
    }

    func cancelled() { log.note { $0.cancelled += 1 } }

    func becameWritable() {
        log.note { $0.writable += 1 }
        if act == .flood { flood() }
    }
}

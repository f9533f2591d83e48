// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// One output of a response: where a worker says that its bytes lie.
struct WorkerOutput: Equatable {
    var name: String
    var dataType: DataType
    var shape: Shape
    var area: UInt32
    var offset: UInt64
    var length: UInt64
    /// What the shape says.
    var elementCount: Int
}

struct WorkerResponse: Equatable {
    var request: UInt64
    var isLast: Bool
    /// No response, only the end.
    var isEmpty: Bool
    var outputs: [WorkerOutput]
    /// A JSON object, or empty.
    var parameters: String
    /// Set if it failed.
    var error: ServingError?
}

/// What a worker says, as far as it can be judged without knowing what went before.
enum WorkerMessage: Equatable {
    case hello
    case ready(String)
    case refused(String)
    case respond(batch: UInt64, [WorkerResponse])
    case done(batch: UInt64, failure: String?)
    case leaseWanted(number: UInt64, bytes: UInt64)
    case leaseReturned(area: UInt32, offset: UInt64)
    case log(level: UInt64, String)
    case probed(number: UInt64, isReady: Bool)
    case inputsKept(batch: UInt64)
    case inputsReleased(batch: UInt64)
    case call(number: UInt64, WorkerCall)
    case answerTaken(call: UInt64)
    case callCancelled(call: UInt64)
    case ask(number: UInt64, WorkerQuestion)
    case measure(metric: UInt64, Measurement)

    /// Whether it may come while the model starts: its `initialize` runs then.
    var mayComeEarly: Bool {
        switch self {
        case .ask, .measure, .leaseWanted, .leaseReturned, .log: true
        default: false
        }
    }

    /// - Parameter bytes: one message, whole.
    init(_ bytes: UnsafeRawBufferPointer) throws(WorkerFault) {
        guard bytes.count >= WorkerProtocol.headBytes, bytes.count <= WorkerProtocol.messageBytes else {
            throw WorkerFault("a message has \(bytes.count) bytes")
        }
        var reader = MessageReader(bytes)
        let number = try reader.number(UInt16.self, "its kind")
        let version = try reader.number(UInt16.self, "its version")
        let length = try reader.number(UInt32.self, "its length")
        let subject = try reader.number(UInt64.self, "its subject")
        guard version == WorkerProtocol.version else { throw WorkerFault("a message of version \(version)") }
        guard Int(length) == bytes.count else {
            throw WorkerFault("a message of \(bytes.count) bytes says that it has \(length)")
        }
        guard let kind = WorkerProtocol.Kind(rawValue: number) else { throw WorkerFault("a message of kind \(number)") }
        self = try Self.body(kind, subject, &reader)
        try reader.end()
    }

    private static func body(
        _ kind: WorkerProtocol.Kind,
        _ subject: UInt64,
        _ reader: inout MessageReader
    ) throws(WorkerFault) -> WorkerMessage {
        switch kind {
        case .hello:
            let version = try reader.number(UInt32.self, "hello")
            guard version == UInt32(WorkerProtocol.version), try reader.number(UInt32.self, "hello") == 0 else {
                throw WorkerFault("it speaks version \(version) of the protocol")
            }
            return .hello
        case .ready: return .ready(try reader.text(reader.remaining, "what ready says"))
        case .refused: return .refused(try reader.text(reader.remaining, "what refused says"))
        case .respond:
            var responses: [WorkerResponse] = []
            repeat { responses.append(try WorkerResponse(&reader)) } while reader.remaining > 0
            return .respond(batch: subject, responses)
        case .done:
            let hasFailed = try reader.flag("done")
            let count = Int(try reader.number(UInt32.self, "done"))
            let text = try reader.text(count, "the failure of a batch")
            return .done(batch: subject, failure: hasFailed ? text : nil)
        case .leaseWanted: return .leaseWanted(number: subject, bytes: try reader.number("a wanted lease"))
        case .leaseReturned:
            let area = try reader.number(UInt32.self, "a returned lease")
            _ = try reader.number(UInt32.self, "a returned lease")
            return .leaseReturned(area: area, offset: try reader.number("a returned lease"))
        case .log:
            guard subject <= 3, reader.remaining <= WorkerProtocol.logBytes else {
                throw WorkerFault("a log line of level \(subject) and \(reader.remaining) bytes")
            }
            return .log(level: subject, try reader.text(reader.remaining, "a log line"))
        case .probed:
            let isReady = try reader.flag("probed")
            _ = try reader.number(UInt32.self, "probed")
            return .probed(number: subject, isReady: isReady)
        case .inputsKept: return .inputsKept(batch: subject)
        case .inputsReleased: return .inputsReleased(batch: subject)
        case .call: return .call(number: subject, try WorkerCall(&reader))
        case .answerTaken: return .answerTaken(call: subject)
        case .callCancelled: return .callCancelled(call: subject)
        case .ask: return .ask(number: subject, .models(try ModelQuestion(&reader)))
        case .familyWanted: return .ask(number: subject, .family(try FamilyWanted(&reader)))
        case .metricWanted: return .ask(number: subject, .metric(try MetricWanted(&reader)))
        case .valueWanted: return .ask(number: subject, .value(metric: try reader.number("a wanted value")))
        case .measure: return .measure(metric: subject, try Measurement(&reader))
        case .area, .start, .execute, .lease, .cancel, .finish, .probe, .answer, .told:
            throw WorkerFault("a message of kind \(kind.rawValue), which only the server sends")
        }
    }
}

extension MessageReader {
    mutating func flag(_ what: StaticString) throws(WorkerFault) -> Bool {
        let flag = try number(UInt32.self, what)
        guard flag <= 1 else { throw WorkerFault("\(what) says \(flag) where it is 0 or 1") }
        return flag == 1
    }
}

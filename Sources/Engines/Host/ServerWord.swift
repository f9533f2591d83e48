// SPDX-License-Identifier: Apache-2.0

/// What the server says to a worker, as the worker reads it. A worker trusts its server: what it cannot read is no attack
/// but two programs that do not belong together, and the end of it.
enum ServerWord {
    struct Execution {
        var batch: UInt64
        var requests: Int
        var block: AreaSpan
        /// Of no length if there is none.
        var lease: AreaSpan
    }

    case area(number: UInt32, WorkerProtocol.AreaUse, bytes: Int)
    case start(AreaSpan)
    case execute(Execution)
    /// Of no length if it is refused.
    case lease(number: UInt64, AreaSpan)
    case finish
    case probe(UInt64)
    /// What this worker has no use for: it never asks, and answers a batch before it looks again.
    case other

    init(_ bytes: UnsafeRawBufferPointer) throws(WorkerFault) {
        var reader = MessageReader(bytes)
        let number = try reader.number(UInt16.self, "a kind")
        let version = try reader.number(UInt16.self, "a version")
        _ = try reader.number(UInt32.self, "a length")
        let subject = try reader.number(UInt64.self, "a subject")
        guard version == WorkerProtocol.version, let kind = WorkerProtocol.Kind(rawValue: number) else {
            throw WorkerFault("the server speaks version \(version) of the protocol, kind \(number)")
        }
        switch kind {
        case .area:
            let use = try reader.number(UInt32.self, "an area's use")
            _ = try reader.number(UInt32.self, "an area")
            guard let use = WorkerProtocol.AreaUse(rawValue: use) else { throw WorkerFault("an area of use \(use)") }
            self = .area(number: UInt32(subject), use, bytes: Int(try reader.number(UInt64.self, "an area's size")))
        case .start:
            let area = try reader.number(UInt32.self, "the arguments' area")
            let length = Int(try reader.number(UInt32.self, "the arguments' length"))
            self = .start(
                AreaSpan(
                    area: area,
                    offset: Int(try reader.number(UInt64.self, "the arguments' place")),
                    length: length
                )
            )
        case .execute:
            let requests = Int(try reader.number(UInt32.self, "a batch's requests"))
            let area = try reader.number(UInt32.self, "a block's area")
            let offset = Int(try reader.number(UInt64.self, "a block's place"))
            let length = Int(try reader.number(UInt64.self, "a block's length"))
            let block = AreaSpan(area: area, offset: offset, length: length)
            self = .execute(
                Execution(batch: subject, requests: requests, block: block, lease: try AreaSpan(&reader))
            )
        case .lease: self = .lease(number: subject, try AreaSpan(&reader))
        case .finish: self = .finish
        case .probe: self = .probe(subject)
        default: self = .other
        }
    }
}

extension AreaSpan {
    fileprivate init(_ reader: inout MessageReader) throws(WorkerFault) {
        let area = try reader.number(UInt32.self, "a lease's area")
        _ = try reader.number(UInt32.self, "a lease")
        let offset = Int(try reader.number(UInt64.self, "a lease's place"))
        self.init(area: area, offset: offset, length: Int(try reader.number(UInt64.self, "a lease's length")))
    }
}

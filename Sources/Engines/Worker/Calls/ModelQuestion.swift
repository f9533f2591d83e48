// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// What a worker asks and is told about.
enum WorkerQuestion: Equatable {
    case models(ModelQuestion)
    case family(FamilyWanted)
    case metric(MetricWanted)
    case value(metric: UInt64)
}

enum QuestionAnswer: Equatable {
    /// 0 and 1 for no and yes; a number; or the bits of one.
    case value(UInt64)
    case failed(ServingError)
}

/// Whether a model is ready, or a wish to load or unload one.
struct ModelQuestion: Equatable {
    enum What: UInt32 {
        case isReady = 1
        case load, unload, unloadWithDependents
    }

    /// A file that comes with a load, or the configuration, which has no name. It lies in a lease of the worker's.
    struct Part: Equatable {
        var name: String
        var area: UInt32
        var offset: UInt64
        var length: UInt64
    }

    var what: What
    var model: String
    var version: Int64?
    var parts: [Part]

    init(_ reader: inout MessageReader) throws(WorkerFault) {
        let number = try reader.number(UInt32.self, "a question")
        guard let what = What(rawValue: number) else { throw WorkerFault("a question of kind \(number)") }
        self.what = what
        let name = try reader.number(UInt32.self, "a question's model")
        let version = try reader.number(Int64.self, "a question's version")
        guard version >= -1 else { throw WorkerFault("a question has version \(version)") }
        self.version = version < 0 ? nil : version
        let count = Int(try reader.number(UInt32.self, "a question's files"))
        guard try reader.number(UInt32.self, "a question's head") == 0 else {
            throw WorkerFault("a question's head has bytes set that mean nothing")
        }
        guard count <= WorkerProtocol.partCount, count == 0 || what == .load else {
            throw WorkerFault("a question comes with \(count) files")
        }
        model = try reader.paddedText(name, limit: WorkerProtocol.nameBytes, "a question's model")
        parts = []
        for _ in 0..<count { parts.append(try Part(&reader)) }
    }
}

extension ModelQuestion.Part {
    init(_ reader: inout MessageReader) throws(WorkerFault) {
        let name = try reader.number(UInt32.self, "a file's name")
        area = try reader.number("a file's area")
        offset = try reader.number("a file's offset")
        length = try reader.number("a file's length")
        self.name = try reader.paddedText(name, limit: WorkerProtocol.nameBytes, "a file's name")
    }
}

// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// The members of a JSON object, asked for by what they have to be.
struct JSONMembers {
    private let values: [String: JSONObjectReader.Value]

    init(_ text: String, limit: Int = JSONObjectReader.memberLimit) throws(WorkerFault) {
        values = try JSONObjectReader.members(text, limit: limit)
    }

    init(_ value: JSONObjectReader.Value, _ what: StaticString) throws(WorkerFault) {
        guard case .nested(let text) = value else { throw WorkerFault("\(what) is no object") }
        try self.init(text)
    }

    func has(_ name: String) -> Bool { values[name] != nil }

    func text(_ name: String) throws(WorkerFault) -> String {
        guard case .plain(.string(let text)) = values[name] else { throw Self.wrong(name) }
        return text
    }

    /// - Returns: `nil` if there is none.
    func number(_ name: String) throws(WorkerFault) -> Int? {
        guard let value = values[name] else { return nil }
        guard case .plain(.int64(let number)) = value else { throw Self.wrong(name) }
        return Int(number)
    }

    func members(_ name: String) throws(WorkerFault) -> JSONMembers {
        guard case .nested(let text) = values[name] else { throw Self.wrong(name) }
        return try JSONMembers(text)
    }

    func elements(_ name: String, limit: Int) throws(WorkerFault) -> [JSONObjectReader.Value] {
        guard case .nested(let text) = values[name] else { throw Self.wrong(name) }
        return try JSONObjectReader.elements(text, limit: limit)
    }

    /// Of an object whose members are all texts.
    func texts(_ name: String, limit: Int) throws(WorkerFault) -> [String: String] {
        guard case .nested(let text) = values[name] else { throw Self.wrong(name) }
        var texts: [String: String] = [:]
        for (name, value) in try JSONObjectReader.members(text, limit: limit) {
            guard case .plain(.string(let text)) = value else { throw Self.wrong(name) }
            texts[name] = text
        }
        return texts
    }

    /// A true member; one that is not there is not.
    func flag(_ name: String) -> Bool {
        if case .plain(.bool(true)) = values[name] { true } else { false }
    }

    private static func wrong(_ name: String) -> WorkerFault {
        WorkerFault("'\(name)' is missing, or not what it has to be")
    }
}

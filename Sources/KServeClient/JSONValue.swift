// SPDX-License-Identifier: Apache-2.0

/// A JSON document as a client reads it from a server or from a file that its user wrote.
///
/// Objects keep the order of their members, so what is printed reads like what was sent.
package enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// An integer beyond `Int64`.
    case unsigned(UInt64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([JSONMember])

    /// The first member of that name; `nil` if there is none or this is no object.
    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    package var elements: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    package var members: [JSONMember]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    package var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    package var int64: Int64? {
        guard case .integer(let value) = self else { return nil }
        return value
    }

    /// Any number; counters are asked for this way, since a server may print them as integers of either sign or as `1.0`.
    package var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .unsigned(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
}

package struct JSONMember: Sendable, Equatable {
    package var name: String
    package var value: JSONValue

    package init(_ name: String, _ value: JSONValue) {
        self.name = name
        self.value = value
    }
}

// SPDX-License-Identifier: Apache-2.0

/// A JSON document whose meaning nobody can dispute: no member is named twice.
package enum JSONNode: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// A number with a fraction or an exponent, or beyond `Int64`; always finite.
    case number(Double)
    case string(String)
    case array([JSONNode])
    case object([String: JSONNode])

    package var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    package var members: [String: JSONNode]? {
        if case .object(let members) = self { members } else { nil }
    }

    package var elements: [JSONNode]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The strings of an array of nothing but strings.
    package var texts: [String]? {
        guard case .array(let elements) = self else { return nil }
        let texts = elements.compactMap(\.text)
        return texts.count == elements.count ? texts : nil
    }
}

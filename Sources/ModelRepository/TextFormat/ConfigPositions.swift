// SPDX-License-Identifier: Apache-2.0

/// Where a configuration's text has each field, so that whoever checks the values can point at them.
///
/// Paths are written as `input[0].data_type`, `input[1].dims[2]`, `parameters["key"].string_value`,
/// `dynamic_batching.priority_queue_policy[2].max_queue_size`.
package struct ConfigPositions: Sendable {
    /// `nil` for a configuration that came from no text.
    private let root: DynamicMessage?

    /// No text, so no positions.
    package init() { root = nil }

    init(_ root: DynamicMessage) { self.root = root }

    /// The position of the field or element that `path` names; `nil` if the text does not give it.
    package subscript(path: String) -> SourcePosition? {
        let found = resolve(path)
        return found.isComplete ? found.position : nil
    }

    /// The position of what `path` names or else of the innermost thing around it that the text does give.
    package func nearest(to path: String) -> SourcePosition? { resolve(path).position }

    private func resolve(_ path: String) -> (position: SourcePosition?, isComplete: Bool) {
        var message = root
        var position: SourcePosition?
        var steps = PathSteps(path)
        while let step = steps.next() {
            guard let current = message, let index = current.schema.fieldIndex(named: step.name),
                let first = current[index].first
            else { return (position, false) }
            let field = current.schema.fields[index]
            // A field without a key or index stands for its first mention, whether or not it may have more.
            var element = first
            if let key = step.key {
                let found = field.isMap ? Self.entry(key, of: current[index]) : Self.element(key, of: current[index])
                guard let found else { return (first.position, false) }
                element = found
            }
            position = element.position
            message = Self.content(of: element, isEntry: field.isMap && step.key != nil)
        }
        return (position, position != nil)
    }

    private static func content(of element: DynamicElement, isEntry: Bool) -> DynamicMessage? {
        guard case .message(let message) = element.value else { return nil }
        guard isEntry else { return message }
        if case .message(let value) = message.mapEntry.value { return value }
        return nil
    }

    private static func element(_ key: String, of elements: [DynamicElement]) -> DynamicElement? {
        guard let index = Int(key), elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// The last entry with a key is the one that counts.
    private static func entry(_ key: String, of elements: [DynamicElement]) -> DynamicElement? {
        elements.last { element in
            guard case .message(let entry) = element.value else { return false }
            switch entry.mapEntry.key {
            case .string(let text): return text == key
            case .unsigned(let number): return String(number) == key
            case .signed(let number): return String(number) == key
            default: return false
            }
        }
    }
}

/// Takes a path apart: `parameters["a.b"].string_value` has the steps (`parameters`, `a.b`) and (`string_value`, none).
private struct PathSteps {
    private var rest: Substring

    init(_ path: String) { rest = path[...] }

    mutating func next() -> (name: String, key: String?)? {
        guard !rest.isEmpty else { return nil }
        let name = rest.prefix { $0 != "." && $0 != "[" }
        rest = rest.dropFirst(name.count)
        var key: String?
        if rest.first == "[" {
            rest = rest.dropFirst()
            key = rest.first == "\"" ? quotedKey() : plainKey()
        }
        if rest.first == "." { rest = rest.dropFirst() }
        return (String(name), key)
    }

    private mutating func plainKey() -> String {
        let key = rest.prefix { $0 != "]" }
        rest = rest.dropFirst(key.count + 1)
        return String(key)
    }

    /// A key may itself contain quotes and brackets; it ends at the first `"]`.
    private mutating func quotedKey() -> String {
        rest = rest.dropFirst()
        var key = ""
        while let character = rest.first, !rest.hasPrefix("\"]") {
            key.append(character)
            rest = rest.dropFirst()
        }
        rest = rest.dropFirst(2)
        return key
    }
}

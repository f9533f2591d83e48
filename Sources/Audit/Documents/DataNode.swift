// SPDX-License-Identifier: Apache-2.0

/// A tree of YAML, TOML or JSON, with the place of each value. Anchors are expanded, within bounds.
package indirect enum DataNode: Sendable {
    case scalar(Scalar)
    case list([DataNode], Place)
    /// In the order of the text; a key stands only once.
    case map([Member], Place)

    package struct Scalar: Sendable {
        /// As written, without quotes.
        package var text: String
        /// `false` for what stands in quotes: `"true"` is no truth value.
        package var isPlain: Bool
        /// Whether it stands as a block, in the lines behind its mark.
        package var isBlock = false
        /// Whether a part of it is there only for surroundings that set no other: see ``DataNode/interpolated()``.
        package var isDefault = false
        package var place: Place

        package init(text: String, isPlain: Bool, place: Place) {
            self.text = text
            self.isPlain = isPlain
            self.place = place
        }
    }

    package struct Member: Sendable {
        package var key: String
        package var keyPlace: Place
        package var value: DataNode

        package init(key: String, keyPlace: Place, value: DataNode) {
            self.key = key
            self.keyPlace = keyPlace
            self.value = value
        }
    }

    package var place: Place {
        switch self {
        case .scalar(let scalar): scalar.place
        case .list(_, let place), .map(_, let place): place
        }
    }

    /// The value of a map's key.
    package subscript(key: String) -> DataNode? { member(key)?.value }

    package func member(_ key: String) -> Member? {
        guard case .map(let members, _) = self else { return nil }
        return members.first { $0.key == key }
    }

    /// The value at the end of several keys.
    package subscript(path path: String...) -> DataNode? {
        path.reduce(self as DataNode?) { node, key in node?[key] }
    }

    /// Of a list; nothing of anything else.
    package var items: [DataNode] {
        if case .list(let items, _) = self { items } else { [] }
    }

    /// Of a map; nothing of anything else.
    package var members: [Member] {
        if case .map(let members, _) = self { members } else { [] }
    }

    package var scalar: Scalar? {
        if case .scalar(let scalar) = self { scalar } else { nil }
    }

    package var text: String? { scalar?.text }

    package var located: Located<String>? { scalar.map { Located($0.text, at: $0.place) } }

    /// YAML 1.1's words for truth values, which Kubernetes and compose still read, and TOML's.
    package var bool: Bool? {
        guard let scalar, scalar.isPlain else { return nil }
        switch scalar.text.lowercased() {
        case "true", "yes", "y", "on": return true
        case "false", "no", "n", "off": return false
        default: return nil
        }
    }

    package var int: Int? { text.flatMap { Int($0) } }

    /// An absent value, `~` or `null`.
    package var isNull: Bool {
        guard let scalar, scalar.isPlain else { return false }
        return ["", "~", "null"].contains(scalar.text.lowercased())
    }
}

/// A document of such a file: YAML may have several.
package struct DataDocument: Sendable {
    package var file: String
    package var root: DataNode
    /// Of the whole file, for mends; none of a TOML file.
    package var lines: SourceLines
    /// What the file `.env` beside it sets, from which compose takes its variables; without secrets.
    package var variables: [String: String] = [:]

    package init(file: String, root: DataNode, lines: SourceLines = SourceLines()) {
        self.file = file
        self.root = root
        self.lines = lines
    }
}

// SPDX-License-Identifier: Apache-2.0
private import Yams

/// Keys that are, or hold, what an anchor stands for. The library hashes a key with all that is in it while it reads,
/// and a few anchors that use each other make that as much as they like, long before its nodes can be counted.
enum YAMLAliases {
    /// Takes the place of `*`, so that aliases are read as plain scalars; a character for private use.
    private static let mark: Unicode.Scalar = "\u{10FFFD}"

    /// - Throws: if there is such a key; ``YamlError`` if the text is no YAML.
    static func check(_ text: String, file: String, limits: AuditLimits) throws {
        guard text.utf8.contains(UInt8(ascii: "*")), text.utf8.contains(UInt8(ascii: "&")) else { return }
        var marked = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { marked.append(scalar == "*" ? mark : scalar) }
        let parser = try Parser(yaml: String(marked))
        while let node = try parser.nextRoot() { try check(node, file: file, limits: limits, depth: 0) }
    }

    private static func check(_ node: Node, file: String, limits: AuditLimits, depth: Int) throws {
        let place = Place(file, line: node.mark?.line, column: node.mark?.column)
        guard depth < limits.depth else {
            throw Unreadable(place, "the file nests values more than \(limits.depth) deep")
        }
        switch node {
        case .scalar(let scalar):
            // In a flow, '*a:b' is a key and its value, without a blank between them.
            guard !isAlias(scalar) || scalar.string.unicodeScalars.dropFirst().allSatisfy(isNameScalar) else {
                throw Unreadable(place, "it cannot be told what the anchor that is used here is part of")
            }
        case .sequence(let items):
            for item in items { try check(item, file: file, limits: limits, depth: depth + 1) }
        case .mapping(let mapping):
            for (key, value) in mapping {
                guard case .scalar(let name) = key, !isAlias(name) else {
                    let place = Place(file, line: key.mark?.line, column: key.mark?.column)
                    throw Unreadable(place, "a key is not a single value that is written where it stands")
                }
                try check(value, file: file, limits: limits, depth: depth + 1)
            }
        case .alias: break
        }
    }

    private static func isAlias(_ scalar: Node.Scalar) -> Bool {
        scalar.style == .plain && scalar.string.unicodeScalars.first == mark
    }

    private static func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_": true
        default: false
        }
    }
}

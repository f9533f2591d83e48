// SPDX-License-Identifier: Apache-2.0

/// The values within a text that is JSON, as secrets of clouds and settings about secrets are.
enum SecretParts {
    /// Bytes and values of a text that is looked into; of a larger one nothing is known.
    private static let textLimit = 64 << 10
    private static let valueLimit = 2_000

    /// Each with the key that it stands under; `nil` for what is not JSON.
    static func all(of text: String) -> [(name: String, value: String)]? {
        guard text.utf8.count <= textLimit, let first = text.utf8.first(where: { $0 > 0x20 }),
            first == UInt8(ascii: "{")
        else { return nil }
        var limits = AuditLimits.defaults
        limits.nodes = valueLimit
        guard let documents = try? DataReader.yaml(text, file: "", limits: limits), documents.count == 1,
            !documents[0].root.members.isEmpty
        else { return nil }
        var found: [(name: String, value: String)] = []
        collect(documents[0].root, name: "", into: &found)
        return found
    }

    /// As deep as the reader of documents goes.
    private static func collect(_ node: DataNode, name: String, into found: inout [(name: String, value: String)]) {
        if let text = node.text { found.append((name, text)) }
        for item in node.items { collect(item, name: name, into: &found) }
        for member in node.members { collect(member.value, name: member.key, into: &found) }
    }

    /// In upper case; `keyIDName` has three.
    static func words(_ name: String) -> [String] {
        let characters = Array(name.prefix(200))
        var words: [String] = []
        var isInside = false
        for (index, character) in characters.enumerated() {
            guard character.isLetter || character.isNumber else {
                isInside = false
                continue
            }
            // Behind capital letters that stand for words, the last begins the next one: `keyIDName`.
            let isNextLower = index + 1 < characters.count && characters[index + 1].isLowercase
            let isStart = character.isUppercase && index > 0 && (!characters[index - 1].isUppercase || isNextLower)
            if isInside, !isStart {
                words[words.count - 1] += character.uppercased()
            } else {
                words.append(character.uppercased())
            }
            isInside = true
        }
        return words
    }
}

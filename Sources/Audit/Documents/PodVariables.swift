// SPDX-License-Identifier: Apache-2.0

/// What Kubernetes puts in for `$(NAME)` in a container's command: values of its environment. A name that is not set
/// stays as it is written, and so does `$(NAME)` where it is written `$$(NAME)`.
struct PodVariables {
    private var values: [String: String] = [:]
    /// Bytes that may yet be put in: a file may have many containers, and anchors that repeat their variables.
    private var room: Int
    private var hasRoom = true

    /// - Parameter environment: of which secrets stay out: where they are written, they are told already.
    init(_ environment: [EnvironmentVariable]) {
        let size = environment.reduce(0) { $0 + ($1.value?.value.utf8.count ?? 0) }
        room = min(max(1 << 12, 16 * size), 1 << 20)
        for variable in environment {
            let name = variable.name.value
            guard let value = variable.value?.value, SecretShapes.evidence(name: name, value: value) == nil else {
                values[name] = nil
                continue
            }
            // Variables that stand before it may be used in one.
            values[name] = expand(value) ?? value
        }
    }

    mutating func expand(_ word: ShellWord) -> ShellWord {
        let text = expand(word.text)
        var word = word
        if !hasRoom { word.isCut = true }
        guard let text else { return word }
        word.text = text
        // A shell that is given the text reads all of it anew.
        (word.isExpanded, word.inner, word.expansions) = (false, [], [])
        return word
    }

    /// `nil` if nothing is put in.
    private mutating func expand(_ text: String) -> String? {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return nil }
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        // Behind the last of them, nothing has an end, and nobody searches for it again.
        let lastEnd = rest.lastIndex(of: UInt8(ascii: ")")) ?? -1
        var isChanged = false
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "$"), let next = rest.first else {
                result.append(byte)
                continue
            }
            if next == UInt8(ascii: "$") {
                rest.removeFirst()
                result.append(byte)
                isChanged = true
            } else if next == UInt8(ascii: "("), rest.startIndex < lastEnd,
                let end = rest.firstIndex(of: UInt8(ascii: ")"))
            {
                let name = String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self)
                let value = values[name]
                if let value, value.utf8.count <= room {
                    room -= value.utf8.count
                    result += value.utf8
                    isChanged = true
                } else {
                    if value != nil { hasRoom = false }
                    result.append(byte)
                    result += rest[...end]
                }
                rest = rest[(end + 1)...]
            } else {
                result.append(byte)
            }
        }
        return isChanged ? String(decoding: result, as: UTF8.self) : nil
    }
}

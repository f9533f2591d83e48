// SPDX-License-Identifier: Apache-2.0

/// A path beneath a model's directory, normalised by its text alone: no `.`, no `..`, no empty component.
///
/// A leading `/` means nothing: Triton joins such a path to the directory as well. That no *link* leads elsewhere is
/// the kernel's to check when the file is opened.
struct RelativePath: Sendable, Hashable {
    enum Problem: Error, Equatable {
        case escapes
        case tooLong
        case invalidCharacter
    }

    static let byteLimit = 4095
    static let componentByteLimit = 255
    static let componentLimit = 64

    let components: [String]

    init(_ text: String) throws(Problem) {
        guard text.utf8.count <= Self.byteLimit else { throw .tooLong }
        guard !text.utf8.contains(0) else { throw .invalidCharacter }
        var components: [String] = []
        // By bytes, as the kernel reads it: a slash that a combining mark follows is one character, but still a slash.
        for bytes in text.utf8.split(separator: UInt8(ascii: "/")) {
            guard bytes.count <= Self.componentByteLimit else { throw .tooLong }
            if bytes.elementsEqual(".".utf8) { continue }
            if bytes.elementsEqual("..".utf8) {
                if components.popLast() == nil { throw .escapes }
                continue
            }
            guard components.count < Self.componentLimit else { throw .tooLong }
            components.append(String(Substring(bytes)))
        }
        self.components = components
    }

    private init(components: [String]) { self.components = components }

    /// The directory itself.
    static let root = RelativePath(components: [])

    /// Empty for the directory itself.
    var text: String { components.joined(separator: "/") }
    var isRoot: Bool { components.isEmpty }
    /// The directories on the way, outermost first, without the root.
    var parents: [RelativePath] {
        (0..<max(components.count - 1, 0)).map { RelativePath(components: Array(components[...$0])) }
    }
}

// SPDX-License-Identifier: Apache-2.0

/// Patterns by which BentoML chooses the files of a bento: those of `.gitignore`, relative to the build's directory.
struct PackPattern: Sendable {
    private let parts: [[UInt8]]
    /// Matches at any depth, as a pattern without `/` before its end does.
    private let isLoose: Bool
    /// `!pattern`: takes back what patterns before it have matched.
    let isNegated: Bool

    /// More of a pattern is not looked at: it then matches more.
    private static let partLimit = 64

    init(_ text: String) {
        var rest = text.utf8[...]
        isNegated = rest.first == UInt8(ascii: "!")
        if isNegated { rest = rest.dropFirst() }
        if rest.starts(with: "./".utf8) { rest = rest.dropFirst(2) }
        let hasSlash = rest.dropLast().contains(UInt8(ascii: "/"))
        parts = rest.split(separator: UInt8(ascii: "/")).prefix(Self.partLimit).map(Array.init)
        isLoose = !hasSlash
    }

    /// Whether it matches the file, or a directory that the file is in.
    func matches(_ path: Substring) -> Bool {
        let names = path.utf8.split(separator: UInt8(ascii: "/")).map(Array.init)
        guard !parts.isEmpty else { return false }
        if isLoose { return names.contains { Self.matches(parts[0][...], $0[...]) } }
        return Self.matches(parts, names)
    }

    /// The last pattern that matches decides.
    static func any(_ patterns: [PackPattern], match path: Substring) -> Bool {
        patterns.last { $0.matches(path) }.map { !$0.isNegated } ?? false
    }

    /// `**` stands for any number of names. All names of the pattern have to be found; what follows lies beneath.
    private static func matches(_ pattern: [[UInt8]], _ names: [[UInt8]]) -> Bool {
        var (part, name) = (0, 0)
        var retry: (part: Int, name: Int)?
        while part < pattern.count {
            if pattern[part] == Array("**".utf8) {
                part += 1
                retry = (part, name)
                if part == pattern.count { return name < names.count }
                continue
            }
            if name < names.count, matches(pattern[part][...], names[name][...]) {
                part += 1
                name += 1
                continue
            }
            guard let again = retry, again.name < names.count else { return false }
            retry = (again.part, again.name + 1)
            (part, name) = (again.part, again.name + 1)
        }
        return true
    }

    /// `*` and `?` within one name; a bracket stands for any one byte, since what is packed must not be missed.
    private static func matches(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
        let (star, question) = (UInt8(ascii: "*"), UInt8(ascii: "?"))
        var (at, from) = (pattern.startIndex, name.startIndex)
        var retry: (at: Int, from: Int)?
        while from < name.endIndex {
            if at < pattern.endIndex, pattern[at] == star {
                at += 1
                retry = (at, from)
            } else if at < pattern.endIndex, pattern[at] == question || pattern[at] == name[from] {
                at += 1
                from += 1
            } else if let again = retry {
                retry = (again.at, again.from + 1)
                (at, from) = (again.at, again.from + 1)
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == star }
    }
}

extension BentoBuild {
    /// What is said of the files to pack.
    struct Packing: Sendable {
        var include: [PackPattern]
        var exclude: [PackPattern]

        /// - Parameter path: from the directory of the build on.
        func packs(_ path: Substring) -> Bool {
            PackPattern.any(include, match: path) && !PackPattern.any(exclude, match: path)
        }
    }

    /// Patterns of one build that are looked at.
    private static let patternLimit = 200

    /// BentoML packs everything unless it is told otherwise.
    var packing: Packing {
        let include = texts(root["include"]).map(\.value).prefix(Self.patternLimit)
        return Packing(
            include: (include.isEmpty ? ["*"] : Array(include)).map(PackPattern.init),
            exclude: texts(root["exclude"]).map(\.value).prefix(Self.patternLimit).map(PackPattern.init)
        )
    }
}

// SPDX-License-Identifier: Apache-2.0

/// A path through links, one name at a time, that never leads above where it began.
///
/// The kernel refuses every absolute link when it resolves beneath a directory; this follows those whose text begins with
/// the directory's own path, however that is spelled, as if they were written relative to it. Pure: whoever walks opens
/// what ``next()`` names and tells what was found there, so a name that turns into a link meanwhile is one more link and
/// nothing else.
struct LinkWalk {
    enum Step: Equatable {
        /// Open the directory of that name in the one that the walk is in.
        case enter(String)
        /// Back to the directory that the walk came from.
        case leave
        /// The last name: open what is asked for.
        case open(String)
        /// The path ends in the directory that the walk is in.
        case openHere
    }

    /// As many as the kernel follows.
    static let linkLimit = 40
    /// Each open directory is a descriptor.
    static let depthLimit = 128

    /// What an absolute link may begin with, in components.
    private let rootPaths: [[String]]
    /// The next one is the last.
    private var pending: [String]
    private var depth = 0
    private var links = 0

    /// - Parameter rootPaths: absolute paths of the directory that the walk begins in and must not leave.
    init(_ path: String, rootPaths: [String]) {
        self.rootPaths = rootPaths.map(Self.components)
        pending = Self.components(path).reversed()
    }

    mutating func next() throws(FileProblem) -> Step {
        guard let name = pending.popLast() else { return .openHere }
        guard name == ".." else {
            if pending.isEmpty { return .open(name) }
            guard depth < Self.depthLimit else { throw .badPath }
            return .enter(name)
        }
        guard depth > 0 else { throw .leadsOutside }
        depth -= 1
        return .leave
    }

    /// The directory of the last step is where the walk is now.
    mutating func entered() { depth += 1 }

    /// What the last step named is a link.
    ///
    /// - Parameter rootPrefix: asked of the components of an absolute path that begins with none of the paths known:
    ///   how many of them are another spelling of the directory; `nil` if none are. What follows them is walked like
    ///   everything else, so an answer that is no longer true leads nowhere else.
    /// - Returns: whether the walk goes on where it began, rather than where it is.
    mutating func met(
        linkTo text: String,
        rootPrefix: ([String]) -> Int? = { _ in nil }
    ) throws(FileProblem) -> Bool {
        try count()
        guard !text.isEmpty else { throw .missing }
        let components = Self.components(text)
        guard text.utf8.first == UInt8(ascii: "/") else {
            pending += components.reversed()
            return false
        }
        let known = rootPaths.first { root in
            components.starts(with: root) { $0.utf8.elementsEqual($1.utf8) }
                && Self.staysBelow(components[root.count...])
        }
        guard let count = known?.count ?? rootPrefix(components) else { throw .leadsOutside }
        pending += components[count...].reversed()
        depth = 0
        return true
    }

    /// What the last step named was a link when it was opened and is none now: it is tried once more.
    mutating func changed(_ name: String) throws(FileProblem) {
        try count()
        pending.append(name)
    }

    private mutating func count() throws(FileProblem) {
        links += 1
        guard links <= Self.linkLimit else { throw .unfollowableLink }
    }

    /// By the text alone: one that does not may still come back to the directory by its name.
    private static func staysBelow(_ components: ArraySlice<String>) -> Bool {
        var depth = 0
        for name in components {
            depth += name == ".." ? -1 : 1
            if depth < 0 { return false }
        }
        return true
    }

    /// By bytes, as the kernel reads it: a slash that a combining mark follows is one character, but still a slash.
    private static func components(_ path: String) -> [String] {
        path.utf8.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
            .map { String(Substring($0)) }
    }
}

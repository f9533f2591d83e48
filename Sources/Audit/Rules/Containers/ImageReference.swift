// SPDX-License-Identifier: Apache-2.0

/// An image as `FROM`, compose files and manifests name it: `registry/name:tag@digest`.
struct ImageReference {
    var name: String
    var tag: String?
    var digest: String?
    /// Whether variables stand in it, whose values come with the build or the deployment.
    var isOpen: Bool

    init(_ text: String) {
        isOpen = text.contains("$") || text.contains("{{")
        let parts = text.split(separator: "@", maxSplits: 1)
        let named = parts.first ?? ""
        digest = parts.count > 1 ? String(parts[1]) : nil
        let slash = named.lastIndex(of: "/") ?? named.startIndex
        if let colon = named[slash...].lastIndex(of: ":") {
            name = String(named[..<colon])
            tag = String(named[named.index(after: colon)...])
        } else {
            name = String(named)
        }
    }

    /// What keeps it from being the same image tomorrow; `nil` for one that is pinned, or whose name is open.
    var looseness: Looseness? {
        if digest != nil || isOpen || name == "scratch" || name.isEmpty { return nil }
        guard let tag else { return .noTag }
        return ["latest", "main", "master", "nightly", "edge", "dev"].contains(tag) ? .movingTag(tag) : .noDigest
    }

    enum Looseness: Equatable {
        case noTag
        case movingTag(String)
        case noDigest
    }

    /// Images that by their name run as another user than root.
    var isNonRoot: Bool { tag?.contains("nonroot") == true || tag?.contains("rootless") == true }
}

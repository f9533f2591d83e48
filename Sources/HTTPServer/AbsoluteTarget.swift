// SPDX-License-Identifier: Apache-2.0

/// A request target in the form that proxies are asked in, `http://host/path?query` (RFC 9112, section 3.2.2).
struct AbsoluteTarget: Equatable {
    /// As it stands: with a port, if it has one. Never empty.
    let authority: String
    /// What the target would be in the usual form: nothing is decoded.
    let path: String

    /// - Returns: `nil` for a target in another form, of another scheme or without an authority.
    init?(_ target: String) {
        guard let colon = target.utf8.firstIndex(of: UInt8(ascii: ":")),
            ["http", "https"].contains(target[..<colon].lowercased()), target[colon...].hasPrefix("://")
        else { return nil }
        let rest = target.utf8[colon...].dropFirst(3)
        let end = rest.firstIndex { "/?#".utf8.contains($0) } ?? rest.endIndex
        guard end > rest.startIndex else { return nil }
        authority = String(target[rest.startIndex..<end])
        let path = target[end...]
        self.path = path.hasPrefix("/") ? String(path) : "/" + path
    }
}

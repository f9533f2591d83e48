// SPDX-License-Identifier: Apache-2.0

/// A pattern in which `*` stands for any characters, `?` for one byte, and all others for themselves.
package struct Glob: Sendable, Hashable, CustomStringConvertible {
    private let pattern: [UInt8]

    package init(_ text: some StringProtocol) { pattern = Array(text.utf8) }

    package var description: String { String(decoding: pattern, as: UTF8.self) }

    package func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { matches($0) }
    }

    /// One retry point, the last `*`, is enough: time is at most the product of the two lengths.
    private func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var at = 0
        var next = 0
        var star: (pattern: Int, text: Int)?
        while at < text.count {
            if next < pattern.count, pattern[next] == UInt8(ascii: "*") {
                star = (next + 1, at)
                next += 1
            } else if next < pattern.count, pattern[next] == text[at] || pattern[next] == UInt8(ascii: "?") {
                at += 1
                next += 1
            } else if let last = star {
                star = (last.pattern, last.text + 1)
                next = last.pattern
                at = last.text + 1
            } else {
                return false
            }
        }
        return pattern[next...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}

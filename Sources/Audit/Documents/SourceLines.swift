// SPDX-License-Identifier: Apache-2.0

/// Lines of a file, from 1.
package struct SourceLines: Sendable {
    private let lines: [Substring]

    package init() { lines = [] }

    package init(_ text: String) { lines = text.split(separator: "\n", omittingEmptySubsequences: false) }

    package subscript(number: Int?) -> Substring? {
        guard let number, number >= 1, number <= lines.count else { return nil }
        return lines[number - 1]
    }
}

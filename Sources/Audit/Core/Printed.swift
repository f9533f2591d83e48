// SPDX-License-Identifier: Apache-2.0
private import Inference

/// Parts of hostile files in what people and programs read.
package enum Printed {
    /// In quotes, printable, and short however long the part is.
    package static func quoted(_ text: some StringProtocol, limit: Int = 80) -> String {
        "'" + cut(text, limit: limit) + "'"
    }

    /// Printable, and short: controls and the marks that turn text around would let a file forge what is read.
    /// - Parameter keepingTabs: for lines of a file, whose columns count.
    package static func cut(_ text: some StringProtocol, limit: Int, keepingTabs: Bool = false) -> String {
        var result = ""
        var written = 0
        for scalar in text.unicodeScalars {
            if written == limit { return result + "…" }
            result.unicodeScalars.append(scalar.isShown || keepingTabs && scalar == "\t" ? scalar : "\u{FFFD}")
            written += 1
        }
        return result
    }
}

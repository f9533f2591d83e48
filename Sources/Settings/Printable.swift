// SPDX-License-Identifier: Apache-2.0

/// Makes what was typed fit to be shown: no control characters, no more than a line's worth.
package enum Printable {
    private static let longest = 200

    package static func text(_ typed: String) -> String {
        var shown = ""
        for (index, scalar) in typed.unicodeScalars.enumerated() {
            if index == longest { return shown + "…" }
            let category = scalar.properties.generalCategory
            shown.unicodeScalars.append(category == .control || category == .format ? "\u{FFFD}" : scalar)
        }
        return shown
    }
}

// SPDX-License-Identifier: Apache-2.0
package import Inference

/// A place in a text; both numbers start at 1, columns count Unicode scalars.
package struct SourcePosition: Sendable, Hashable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package func place(in file: String) -> ServingError.Place {
        ServingError.Place(file: file, line: line, column: column)
    }
}

/// Why a configuration could not be read, and where.
package struct ConfigSyntaxError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Names the offending thing; carries no path.
    package var message: String
    package var line: Int
    package var column: Int
    /// What the caller of the reader calls the text, as in `config.pbtxt`.
    package var file = ""

    package init(_ message: String, at position: SourcePosition) {
        self.message = message
        line = position.line
        column = position.column
    }

    /// `config.pbtxt:3:9: unknown field …`
    package var description: String { (file.isEmpty ? "" : file + ":") + "\(line):\(column): " + message }
}

/// What a configuration may cost before it is believed.
package struct ConfigTextLimits: Sendable, Equatable {
    /// Bytes of the whole text.
    package var bytes = 1 << 20
    /// Messages within messages, the outermost one included.
    package var depth = 64
    /// Fields and list elements altogether, at every depth.
    package var values = 65_536

    package init() {}
}

/// Quotes a part of a hostile text for an error: printable, and short however long the part is.
func quoted(_ text: some StringProtocol, limit: Int = 64) -> String {
    var result = "'"
    var written = 0
    for scalar in text.unicodeScalars {
        if written == limit { return result + "…'" }
        result.unicodeScalars.append(scalar.isShown ? scalar : "\u{FFFD}")
        written += 1
    }
    return result + "'"
}

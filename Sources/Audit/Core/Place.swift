// SPDX-License-Identifier: Apache-2.0
package import ModelRepository

/// Where something stands: a file, and a part of it if that can be told.
package struct Place: Sendable, Hashable, Codable {
    /// As the audited tree calls it, with `/` between names; never absolute unless it was given so.
    package var file: String
    /// From 1; `nil` if it is about the file as a whole.
    package var line: Int?
    /// From 1, in Unicode scalars.
    package var column: Int?
    /// How many scalars from `column` on are meant, if that is known; never beyond the line.
    package var length: Int?

    package init(_ file: String, line: Int? = nil, column: Int? = nil, length: Int? = nil) {
        self.file = file
        self.line = line
        self.column = column
        self.length = length
    }

    package init(_ file: String, _ position: SourcePosition?) {
        self.init(file, line: position?.line, column: position?.column)
    }
}

/// A value and where it was said.
package struct Located<Value: Sendable>: Sendable {
    package var value: Value
    package var place: Place

    package init(_ value: Value, at place: Place) {
        self.value = value
        self.place = place
    }
}

extension Located: Equatable where Value: Equatable {}

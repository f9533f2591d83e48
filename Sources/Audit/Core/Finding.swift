// SPDX-License-Identifier: Apache-2.0

/// One unsafe thing in one place.
package struct Finding: Sendable, Equatable {
    /// ``Rule/id``.
    package var rule: String
    package var severity: Severity
    package var place: Place
    /// What is unsafe here, in one sentence that names the offending thing. Printable: see ``Printed``.
    package var message: String
    /// A mend that cannot be wrong, if there is one.
    package var fix: Fix?
    /// The line at `place`, cut to ``excerptLimit`` scalars, as it stands in the file; `nil` if there is none.
    package var excerpt: String?

    /// Scalars.
    package static let excerptLimit = 400

    package init(rule: String, severity: Severity, place: Place, message: String, fix: Fix? = nil) {
        self.rule = rule
        self.severity = severity
        self.place = place
        self.message = message
        self.fix = fix
    }
}

/// A change of one file's text that mends a finding for certain: it makes the file safer and breaks nothing that worked.
package struct Fix: Sendable, Equatable {
    /// What it does, as in `drop 'privileged: true'`.
    package var title: String
    package var edits: [Edit]

    /// Whole lines are replaced; a text editor's unit, and what a diff shows.
    package struct Edit: Sendable, Equatable {
        /// From 1. An empty range inserts before its lower bound.
        package var lines: Range<Int>
        package var replacement: [String]

        package init(lines: Range<Int>, replacement: [String]) {
            self.lines = lines
            self.replacement = replacement
        }
    }

    package init(_ title: String, edits: [Edit]) {
        self.title = title
        self.edits = edits
    }
}

/// Something that could not be read, and so was not judged.
package struct Unreadable: Sendable, Equatable, Error {
    package var place: Place
    /// Why, in one sentence.
    package var message: String

    package init(_ place: Place, _ message: String) {
        self.place = place
        self.message = message
    }
}

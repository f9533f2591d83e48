// SPDX-License-Identifier: Apache-2.0

/// A Python source, as its syntax tree has it.
package struct PythonModule: Sendable {
    package var path: String
}

/// Reads Python sources through Python's own parser, in a sandbox, and tells what they do. Runs none of them.
package protocol PythonSourceReader: Sendable {
    /// - Parameter sources: by path.
    /// - Returns: one for each, in the same order; a source that cannot be read says why.
    /// - Throws: if there is no interpreter, or it failed altogether.
    func read(_ sources: [(path: String, text: String)]) throws(Unreadable) -> [Result<PythonModule, Unreadable>]
}

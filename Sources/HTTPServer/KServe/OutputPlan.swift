// SPDX-License-Identifier: Apache-2.0

/// How each output of a response is to be carried: as bytes after the JSON, or as JSON.
package struct OutputPlan: Sendable, Equatable {
    /// For outputs that the request did not list.
    package var binaryByDefault: Bool
    /// For those it listed, by name; empty if they all share `listedBinary`.
    private var exceptions: Set<String> = []
    private var listedBinary: Bool?

    package init(binaryByDefault: Bool) { self.binaryByDefault = binaryByDefault }

    /// An output's own flag wins over the default, also when it is the flag's default of false.
    package mutating func list(_ name: String, binary: Bool) {
        if listedBinary == nil { listedBinary = binary }
        if listedBinary != binary { exceptions.insert(name) }
    }

    package func isBinary(_ name: String) -> Bool {
        // A response only has outputs that the request listed, if it listed any.
        guard let listedBinary else { return binaryByDefault }
        return !exceptions.isEmpty && exceptions.contains(name) ? !listedBinary : listedBinary
    }
}

// SPDX-License-Identifier: Apache-2.0

/// Tells what an unpickler could import from what merely stands where an import would.
enum PickleImports {
    /// Prose has white space in its lines, and lists of paths or numbers have other marks. A module may have them in its
    /// name too, if it is somebody's own file: see ``ModelFileReading``, which knows the files.
    static func mayBe(module: String, name: String) -> Bool {
        // What is only known once it runs may be anything.
        guard module != "?" else { return true }
        return !module.isEmpty && module.unicodeScalars.allSatisfy(isPartOfModule)
            && name.unicodeScalars.allSatisfy(isWritten)
    }

    private static func isPartOfModule(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.isASCII else { return isWritten(scalar) }
        return scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || ["_", "-", "."].contains(scalar)
    }

    private static func isWritten(_ scalar: Unicode.Scalar) -> Bool {
        scalar != "\u{FFFD}" && !scalar.properties.isWhitespace && scalar.properties.generalCategory != .control
    }
}

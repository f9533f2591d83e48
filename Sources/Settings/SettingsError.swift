// SPDX-License-Identifier: Apache-2.0

/// Why the command line or the file was refused: one sentence that names the flag or the key.
package struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    package var message: String

    package init(_ message: String) { self.message = message }

    package var description: String { message }
}

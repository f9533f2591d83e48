// SPDX-License-Identifier: Apache-2.0
package import Inference

/// A file that keys come from, as ``LiveKeys`` watches it.
package protocol KeyOrigin: Sendable {
    /// For messages.
    var name: String { get }
    /// Cheap, and asked often.
    func state() -> FileState
    /// None if there is no file.
    /// - Throws: if it is there and cannot be trusted, read or understood.
    func records() throws(ServingError) -> [KeyRecord]
}

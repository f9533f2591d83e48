// SPDX-License-Identifier: Apache-2.0

/// Who is calling.
package struct Principal: Sendable, Hashable {
    package var name: String

    package init(name: String) { self.name = name }

    /// A caller that showed no credential.
    package static let anonymous = Principal(name: "anonymous")
}

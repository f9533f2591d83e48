// SPDX-License-Identifier: Apache-2.0

/// Who is calling.
package struct Principal: Sendable, Hashable {
    package var name: String
    /// The group that it belongs to, if it was given one.
    package var tenant: String?

    package init(name: String, tenant: String? = nil) {
        self.name = name
        self.tenant = tenant
    }

    /// A caller that showed no credential.
    package static let anonymous = Principal(name: "anonymous")
}

// SPDX-License-Identifier: Apache-2.0

/// What protects a server from pages that a browser shows.
package struct BrowserSettings: Sendable, Equatable {
    /// Empty: those of this machine where only it can connect.
    package var allowedHosts: [String] = []
    package var corsOrigins: [String] = []
    package var corsAllowsCredentials = false

    package init() {}
}

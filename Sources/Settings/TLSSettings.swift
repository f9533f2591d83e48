// SPDX-License-Identifier: Apache-2.0

/// What all listeners encrypt with: paths of PEM files.
package struct TLSSettings: Sendable, Equatable {
    package var certificate: String?
    package var key: String?
    /// Who signs the certificates that clients must have; `nil`: they need none.
    package var clientRoots: String?
    /// Which of those certificates stand for whom, unread.
    package var clientRules: [String] = []

    package init() {}

    package var isOn: Bool { certificate != nil }

    func validate() throws(SettingsError) {
        if certificate != nil, key == nil { throw SettingsError("--tls-cert needs --tls-key=<path>") }
        if certificate == nil, key != nil { throw SettingsError("--tls-key needs --tls-cert=<path>") }
        if certificate == nil, clientRoots != nil { throw SettingsError("--tls-client-roots needs --tls-cert=<path>") }
    }
}

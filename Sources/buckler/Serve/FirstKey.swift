// SPDX-License-Identifier: Apache-2.0
import Access
import Foundation
import Inference
import Settings

/// The key that a server makes which has none: a locked door without a key is of no use to anyone.
enum FirstKey {
    static let name = "first"
    private static let scopes = "infer,metadata,metrics,statistics"

    /// Makes it, and shows it where only the one who started the server sees it: on the terminal, once, or in a file of
    /// his own.
    static func makeIfNeeded(_ settings: ServerSettings, _ keys: LiveKeys) throws(ServingError) {
        let access = settings.access
        guard keys.keys.count == 0, access.anonymousScopes.isEmpty, !access.tokens.isConfigured,
            settings.tls.clientRules.isEmpty
        else { return }
        let now = Int64(Date().timeIntervalSince1970)
        let home = try BucklerHome()
        let new = try KeyStore(home: home).update { (table) throws(ServingError) in
            var terms = try KeyTerms(name: name)
            try terms.set(.scopes, to: scopes, at: now)
            try terms.set(.expires, to: "90d", at: now)
            return try table.create(terms, at: now)
        }
        _ = keys.refresh(at: now)
        if isatty(STDERR_FILENO) == 1 {
            show(new.text.secretText, settings)
        } else {
            let path = try KeyStore(home: home).leave(new.text, in: "first-key.txt")
            Terminal.progress("there was no API key: one was made, and is in \(path), which only this user can read")
        }
    }

    private static func show(_ key: String, _ settings: ServerSettings) {
        let scheme = settings.tls.isOn ? "https" : "http"
        let url = "\(scheme)://\(settings.http.address):\(settings.http.port)"
        Terminal.error.wholeLine(
            Terminal.error.styled("==> ", .bold) + """
                There was no API key, so one was made. It is shown this once:

                    \(key)

                It infers, and reads metadata, metrics and statistics, for 90 days. To try it:

                    curl -H 'Authorization: Bearer \(key)' \(url)/v2

                More keys: buckler key create NAME. What there are: buckler key list.

                """
        )
    }
}

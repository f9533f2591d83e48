// SPDX-License-Identifier: Apache-2.0
package import Inference

/// What `buckler serve` was told about who may call, and about the audit log.
package struct AccessSettings: Sendable, Equatable {
    /// Whether callers show who they are. Only `--profile=triton` lets everyone in.
    package var isRequired: Bool
    /// Keys besides those of the store and of `BUCKLER_API_KEYS`, a line each.
    package var keyFile: String?
    /// What a caller without a credential may do on all models: names of scopes.
    package var anonymousScopes: [String] = []
    package var metricsAreOpen = false
    /// Networks whose `X-Forwarded-For` is believed.
    package var trustedProxies: [String] = []
    /// Requests in flight of one principal on one model; `Int.max`: any number.
    package var concurrentRequestsPerModel = Int.max
    /// Requests in flight from which on principals get even shares of the server.
    package var fairShareThreshold = 64
    /// As in `100/s`: of callers whose credential says none.
    package var defaultRate: String?
    /// Bytes per second, as in `10M`: of callers whose credential says none.
    package var defaultByteRate: String?
    package var tokens = Tokens()
    package var ledger: Ledger

    package struct Tokens: Sendable, Equatable {
        package var issuers: [String] = []
        package var audiences: [String] = []
        /// As JOSE names them; empty: all that there are.
        package var algorithms: [String] = []
        package var clockSkewSeconds = 60
        /// A file or an `https` address.
        package var keySet: String?
        /// PEM file of those that the certificate behind the address has to come from.
        package var keySetAuthorities: String?
        package var keySetRefreshSeconds = 300
        package var keySetStaleSeconds = 3600
        package var scopePrefix = ""
        package var tenantClaim: String?
        package var allowsAllModels = false

        package init() {}

        package var keySetIsAddress: Bool {
            let start = keySet?.prefix(8).lowercased() ?? ""
            return start.hasPrefix("https://") || start.hasPrefix("http://")
        }

        package var isConfigured: Bool { !issuers.isEmpty || !audiences.isEmpty || keySet != nil }

        /// Flags that were given and say something of tokens, which are not accepted without an issuer.
        package var idleFlags: [String] {
            guard !isConfigured else { return [] }
            let defaults = Tokens()
            return [
                ("--jwt-algorithm", algorithms != defaults.algorithms),
                ("--jwt-clock-skew-secs", clockSkewSeconds != defaults.clockSkewSeconds),
                ("--jwt-key-set-refresh-secs", keySetRefreshSeconds != defaults.keySetRefreshSeconds),
                ("--jwt-key-set-stale-secs", keySetStaleSeconds != defaults.keySetStaleSeconds),
                ("--jwt-scope-prefix", scopePrefix != defaults.scopePrefix),
                ("--jwt-tenant-claim", tenantClaim != defaults.tenantClaim),
                ("--jwt-all-models", allowsAllModels != defaults.allowsAllModels),
            ].compactMap { $1 ? $0 : nil }
        }
    }

    package struct Ledger: Sendable, Equatable {
        package var isKept: Bool
        /// `nil`: `ledger` in Buckler's own directory.
        package var directory: String?
        /// `all`, `sampled:<one in so many>`, `summary:<seconds>`.
        package var allowed = "all"
        package var onFailure = "refuse"
        package var quotaBytes = 1 << 30
        package var rotationBytes = 64 << 20
        package var reservedBytes = 64 << 20
        /// 0: files are never removed.
        package var retainDays = 0
        package var checkpointLines = 16_384
        package var checkpointSeconds = 10
        package var checkpointFile: String?
        /// A program and its arguments, with spaces between.
        package var checkpointCommand: String?
        package var checkpointsGoToSyslog = false

        package init(isKept: Bool) { self.isKept = isKept }
    }

    package init(profile: Profile) {
        isRequired = profile == .secure
        ledger = Ledger(isKept: profile == .secure)
    }
}

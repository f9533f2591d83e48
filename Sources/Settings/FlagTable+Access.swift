// SPDX-License-Identifier: Apache-2.0

extension FlagTable {
    /// Who may call, and the audit log. Triton has no flags for either.
    static let access: [Flag] = callers + tokens + ledger

    private static let positive = ValueKind.integer(1...Int.max)

    private static let callers: [Flag] = [
        Flag(
            "api-key-file",
            .access,
            .path,
            .works(.optionalString(\.access.keyFile)),
            showing: .source,
            "File of API keys besides those of buckler key, a line each as buckler key create --print-only prints it; or "
                + "exec:/path/to/program, run at start, which prints the same."
        ),
        Flag(
            "anonymous-scope",
            .access,
            .choice(["infer", "metadata", "metrics", "statistics", "admin", "shared-memory"]),
            .works(.list(\.access.anonymousScopes)),
            "Scope that callers without a credential have on all models; only while the server listens on loopback."
        ),
        Flag(
            "metrics-open",
            .access,
            .bool,
            .works(.bool(\.access.metricsAreOpen)),
            "Let everyone read the metrics page, which then shows all models."
        ),
        Flag(
            "trusted-proxy",
            .access,
            .nonEmptyString,
            .works(.list(\.access.trustedProxies)),
            "Network, as in 10.0.0.0/8, of proxies whose X-Forwarded-For is believed."
        ),
        Flag(
            "max-requests-per-principal-and-model",
            .access,
            .integer(1...Int.max, unlimited: .max),
            .works(.integer(\.access.concurrentRequestsPerModel)),
            "Requests that one principal may have in flight on one model."
        ),
        Flag(
            "default-rate",
            .access,
            .nonEmptyString,
            .works(.optionalString(\.access.defaultRate)),
            "Requests that callers may send whose credential says nothing of it, as in 100/s, 600/m or 10/h; those "
                + "without a credential are counted by their address."
        ),
        Flag(
            "default-bytes-per-second",
            .access,
            .nonEmptyString,
            .works(.optionalString(\.access.defaultByteRate)),
            "Bytes of bodies that the same callers may send, as in 512K, 10M or 1G."
        ),
        Flag(
            "fair-share-threshold",
            .access,
            positive,
            .works(.integer(\.access.fairShareThreshold)),
            "Requests in flight from which on several principals get even shares of the server."
        ),
    ]

    private static let tokens: [Flag] = [
        Flag(
            "jwt-issuer",
            .access,
            .nonEmptyString,
            .works(.list(\.access.tokens.issuers)),
            "Issuer whose JSON web tokens are accepted."
        ),
        Flag(
            "jwt-audience",
            .access,
            .nonEmptyString,
            .works(.list(\.access.tokens.audiences)),
            "Audience that tokens have to name: what the issuer calls this server."
        ),
        Flag(
            "jwt-algorithm",
            .access,
            .choice(["RS256", "PS256", "ES256", "ES384", "EdDSA"]),
            .works(.list(\.access.tokens.algorithms)),
            default: "all of them",
            "Signature that tokens may have: what the issuer uses, and nothing else."
        ),
        Flag(
            "jwt-clock-skew-secs",
            .access,
            .integer(0...600),
            .works(.integer(\.access.tokens.clockSkewSeconds)),
            "Seconds that the issuer's clock may be from this machine's."
        ),
        Flag(
            "jwt-key-set",
            .access,
            .nonEmptyString,
            .works(.optionalString(\.access.tokens.keySet)),
            showing: .address,
            "JWKS file with the issuer's public keys, read again when it changes; or the https:// address where the "
                + "issuer publishes them."
        ),
        Flag(
            "jwt-key-set-ca",
            .access,
            .path,
            .works(.optionalString(\.access.tokens.keySetAuthorities)),
            default: "those that this machine trusts",
            "PEM file of the authorities that the certificate of that address has to come from."
        ),
        Flag(
            "jwt-key-set-refresh-secs",
            .access,
            .integer(1...86_400),
            .works(.integer(\.access.tokens.keySetRefreshSeconds)),
            "Seconds between two fetches from that address; a token with an unknown key asks for one sooner."
        ),
        Flag(
            "jwt-key-set-stale-secs",
            .access,
            .integer(1...2_592_000),
            .works(.integer(\.access.tokens.keySetStaleSeconds)),
            "Seconds that keys are believed which could not be fetched again; then tokens are refused."
        ),
        Flag(
            "jwt-scope-prefix",
            .access,
            .string,
            .works(.string(\.access.tokens.scopePrefix)),
            "What the names of this server's scopes begin with in tokens; others are ignored."
        ),
        Flag(
            "jwt-tenant-claim",
            .access,
            .nonEmptyString,
            .works(.optionalString(\.access.tokens.tenantClaim)),
            "Claim that names the caller's tenant."
        ),
        Flag(
            "jwt-all-models",
            .access,
            .bool,
            .works(.bool(\.access.tokens.allowsAllModels)),
            "Let tokens without the claim buckler_models reach all models instead of none."
        ),
    ]

    private static let ledger: [Flag] = [
        Flag("ledger", .access, .bool, .works(.bool(\.access.ledger.isKept)), "Keep an audit log."),
        Flag(
            "ledger-directory",
            .access,
            .path,
            .works(.optionalString(\.access.ledger.directory)),
            default: "ledger/<http-port> in BUCKLER_HOME",
            "Directory of the audit log; one server at a time."
        ),
        Flag(
            "ledger-allow",
            .access,
            .nonEmptyString,
            .works(.string(\.access.ledger.allowed)),
            "What is kept of allowed requests: all, sampled:N for one of N, summary:S for counts each S seconds."
        ),
        Flag(
            "ledger-on-failure",
            .access,
            .choice(["refuse", "continue"]),
            .works(.string(\.access.ledger.onFailure)),
            "What to do with requests while the audit log cannot be written."
        ),
        Flag(
            "ledger-quota-byte-size",
            .access,
            .integer(1 << 20...Int.max),
            .works(.integer(\.access.ledger.quotaBytes)),
            "Bytes that the audit log may have in all."
        ),
        Flag(
            "ledger-file-byte-size",
            .access,
            .integer(1 << 16...Int.max),
            .works(.integer(\.access.ledger.rotationBytes)),
            "Bytes from which on the audit log goes on in a new file."
        ),
        Flag(
            "ledger-reserved-byte-size",
            .access,
            .integer(0...Int.max),
            .works(.integer(\.access.ledger.reservedBytes)),
            "Bytes that the audit log leaves free on its file system."
        ),
        Flag(
            "ledger-retain-days",
            .access,
            .integer(0...36_500),
            .works(.integer(\.access.ledger.retainDays)),
            "Days that files stay even if the quota is used up, and requests are refused; 0: the oldest then give way."
        ),
        Flag(
            "ledger-checkpoint-lines",
            .access,
            positive,
            .works(.integer(\.access.ledger.checkpointLines)),
            "Lines after which the audit log is signed."
        ),
        Flag(
            "ledger-checkpoint-seconds",
            .access,
            .integer(1...86_400),
            .works(.integer(\.access.ledger.checkpointSeconds)),
            "Seconds after which lines that were written are signed."
        ),
        Flag(
            "ledger-checkpoint-file",
            .access,
            .path,
            .works(.optionalString(\.access.ledger.checkpointFile)),
            "File that checkpoints are appended to, best on another machine's disk."
        ),
        Flag(
            "ledger-checkpoint-command",
            .access,
            .nonEmptyString,
            .works(.optionalString(\.access.ledger.checkpointCommand)),
            showing: .program,
            "Program, with its arguments, that is given each checkpoint on standard input."
        ),
        Flag(
            "ledger-checkpoint-syslog",
            .access,
            .bool,
            .works(.bool(\.access.ledger.checkpointsGoToSyslog)),
            "Send checkpoints to the system log."
        ),
    ]
}

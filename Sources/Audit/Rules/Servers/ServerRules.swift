// SPDX-License-Identifier: Apache-2.0

/// What servers are told to do: who reaches them, what they ask of callers, what they give away.
enum ServerRules {
    static let all: [Rule] = [
        .serverTrafficInClear,
        .serverMetricsOpen,
        .serverModelControlOpen,
        .serverClientSharedMemory,
        .serverEveryAddress,
        .serverFilesByRequest,
        .serverTritonProfile,
        .serverAnonymousScope,
        .serverProcessPlacement,
        .serverLedgerOff,
        .serverOpenLists,
        .serverTokensForAllModels,
        .serverSecretOnCommandLine,
        .serverDevelopmentMode,
        .serverWideLimits,
        .serverRootCertificateUnused,
        .serverNoRateLimit,
        .serverCodeDirectories,
        .serverOptionsLost,
        .serverHeadersForwarded,
        .serverHalfRestricted,
        .serverConfigurationUnread,
    ]
}

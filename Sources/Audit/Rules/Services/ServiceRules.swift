// SPDX-License-Identifier: Apache-2.0

/// Rules about services: what they check, who may call them, how much they take; and BentoML's `configuration.yaml`.
enum ServiceRules {
    static let all: [Rule] = [
        .serviceTimeout, .serviceRequestSize, .serviceConcurrency, .serviceAnyOrigin, .serviceWithoutTLS,
        .serviceOpenMetrics,
        .serviceRunnerConfiguration, .serviceRunnerLimits, .serviceAuthentication, .serviceRateLimit, .serviceAuditLog,
        .serviceUnvalidatedInput, .serviceAnySize, .serviceUnvalidatedRunner, .serviceUnvalidatedTensor,
        .serviceEmptyKey,
        .serviceKeyComparison, .serviceTextContainment, .serviceDataInClear, .serviceEveryAddress, .serviceOldTLS,
        .serviceMisplacedGuard, .serviceTrustedClaim, .serviceUncheckedToken, .servicePartOfKey,
    ]
}

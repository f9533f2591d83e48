// SPDX-License-Identifier: Apache-2.0
package import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Why something on disk could not be done; for the operator.
package struct LedgerFailure: Error, Sendable, Equatable {
    package var reason: String

    package init(_ reason: String) { self.reason = reason }

    /// What the system just said.
    static func errno(_ verb: String, _ path: String) -> LedgerFailure {
        let reason = "cannot \(verb) \(path): \(String(cString: strerror(code)))"
        guard [EACCES, EPERM].contains(code), let remedy = BucklerHome.remedy(for: path) else {
            return LedgerFailure(reason)
        }
        return LedgerFailure("\(reason); \(remedy)")
    }

    static var code: Int32 {
        #if canImport(Glibc)
        Glibc.errno
        #else
        Musl.errno
        #endif
    }

    package var servingError: ServingError {
        ServingError(.unavailable, "the audit log cannot be written", cause: reason)
    }
}

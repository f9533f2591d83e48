// SPDX-License-Identifier: Apache-2.0
import Access
import Audit
import Inference
import Logging
import Settings

/// The rules that a model has to pass before it is loaded, as the settings have them.
enum ServerAdmission {
    /// - Throws: what is wrong with the policy's file, with its place.
    static func make(_ settings: ServerSettings, logger: Logger) throws(ServingError) -> any Admission {
        let profile = AuditProfile(settings.profile)
        let policy = try policy(settings)
        for relaxation in policy.relaxations(in: profile) { logger.warning("--admission-policy: \(relaxation)") }
        return AuditAdmission(profile: profile, policy: policy, python: SandboxedPython.loads)
    }

    private static func policy(_ settings: ServerSettings) throws(ServingError) -> AdmissionPolicy {
        guard let file = settings.admissionPolicy else { return AdmissionPolicy() }
        do {
            let text = try BoundedFile.read(file, limit: 1 << 20)
            return try AdmissionPolicy.read(text, file: file)
        } catch let error as Unreadable {
            let numbers = [error.place.line, error.place.column].compactMap { $0 }.map { ":\($0)" }.joined()
            throw ServingError(
                .invalidArgument,
                "--admission-policy: \(Printable.text(file))\(numbers): \(error.message)"
            )
        } catch let error as SettingsError {
            throw ServingError(.invalidArgument, "--admission-policy: \(error.message)")
        } catch {
            throw ServingError(.internalError, "--admission-policy: \(error)")
        }
    }
}

extension AuditProfile {
    init(_ profile: Profile) {
        switch profile {
        case .secure: self = .secure
        case .triton: self = .triton
        }
    }
}

/// Writes what was decided about each load to the audit log.
struct LedgeredAdmission: Admission {
    let admission: any Admission
    let record: @Sendable (LedgerEntry) -> Void

    func judge(_ candidate: AdmissionCandidate) -> AdmissionVerdict {
        let verdict = admission.judge(candidate)
        // Notes are not worth a line that is kept for years.
        guard verdict.findings.contains(where: { $0.severity != "note" }) else { return verdict }
        record(
            LedgerEntry(
                decision: verdict.isAdmitted ? .act : .deny,
                requestID: "",
                principal: "buckler",
                address: "",
                route: "model.admit",
                protocolName: "load",
                model: candidate.modelName,
                status: verdict.isAdmitted ? 200 : 403,
                reason: Self.summary(of: verdict)
            )
        )
        return verdict
    }

    /// `BKL-M001 error, BKL-R010 warning (2)`.
    private static func summary(of verdict: AdmissionVerdict) -> String {
        var counts: [String: Int] = [:]
        for finding in verdict.findings { counts["\(finding.rule) \(finding.severity)", default: 0] += 1 }
        return counts.sorted { $0.key < $1.key }.map { $0.value == 1 ? $0.key : "\($0.key) (\($0.value))" }
            .joined(separator: ", ")
    }
}

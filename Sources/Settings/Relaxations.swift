// SPDX-License-Identifier: Apache-2.0
import Inference

extension ServerSettings {
    /// - Parameter given: names of the flags that were given: what those say is the operator's, whatever it is.
    func relaxations(given: Set<String>) -> [String] {
        guard profile == .triton else { return [] }
        var lines = [
            "any address that is asked for is listened on, "
                + (tls.isOn ? "without keys" : "without TLS and without keys"),
            "no request is asked who sends it, and no audit log is kept",
        ]
        if repository.controlMode == .explicit {
            lines.append("--model-control-mode=explicit lets every caller load and unload models")
        }
        if metrics.isAllowed { lines.append("the metrics page is open to every caller") }
        if browsers.allowedHosts.isEmpty || browsers.allowedHosts.contains("*") {
            lines.append(
                "requests may name any host: without --allowed-host, pages of other sites can reach this server"
            )
        }
        return lines + relaxedLimits(given)
    }

    private func relaxedLimits(_ given: Set<String>) -> [String] {
        let (secure, relaxed) = (ServerSettings(profile: .secure), ServerSettings(profile: profile))
        return FlagTable.all.compactMap { flag in
            let isLimit =
                flag.group == .limits
                || ["-max-input-size", "-byte-size", "-timeout-secs"].contains { flag.name.hasSuffix($0) }
            guard isLimit, !given.contains(flag.canonicalName),
                case .works(let effect) = flag.disposition,
                let strict = effect.text(in: secure, kind: flag.kind),
                let lax = effect.text(in: self, kind: flag.kind),
                strict != lax, lax == effect.text(in: relaxed, kind: flag.kind)
            else { return nil }
            return "--\(flag.name) is \(lax) instead of \(strict)"
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package import Inference

extension Profile {
    /// What this profile allows that `secure` does not, one line each, for the log at start.
    package var relaxations: [String] {
        guard self == .triton else { return [] }
        var lines = [
            "any address that is asked for is listened on, without TLS and without keys",
            "no request is asked who sends it, and no audit log is kept",
            "--model-control-mode=explicit lets every caller load and unload models",
            "the metrics page is open to every caller",
            "requests may name any host, unless --allowed-host says which: pages of other sites can reach this server",
        ]
        for flag in FlagTable.all {
            guard flag.group == .limits || flag.name.hasSuffix("-max-input-size") || flag.name.hasSuffix("-byte-size")
            else {
                continue
            }
            guard let strict = flag.defaultText(profile: .secure), let lax = flag.defaultText(profile: .triton) else {
                continue
            }
            if strict != lax { lines.append("--\(flag.name) is \(lax) instead of \(strict)") }
        }
        return lines
    }
}

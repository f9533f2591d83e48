// SPDX-License-Identifier: Apache-2.0
package import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// The program that puts a sandbox round itself; it comes with this one and lies beside it.
package struct SandboxLauncher: Sendable {
    package let path: String

    init(path: String) { self.path = path }

    /// Never looked for on `PATH`: what it is given to start would be at the mercy of whatever lies there.
    package static func beside() throws(ServingError) -> SandboxLauncher {
        SandboxLauncher(path: try OwnProgram.beside("buckler-launcher"))
    }

    /// Tries every layer. `required`: names with commas; nil for the launcher's own list.
    package func check(requiring required: String?) throws(ServingError) -> SandboxReport {
        let arguments = ["--check"] + (required.map { ["--require", $0] } ?? [])
        guard let outcome = try ChildProcess.run(path, arguments) else {
            throw ServingError(.unavailable, "buckler-launcher cannot be started", cause: path)
        }
        guard let report = SandboxReport(lines: outcome.output) else {
            let reason = outcome.output.split(separator: "\n").first.map(String.init)
            throw ServingError(
                .unavailable,
                reason ?? "buckler-launcher ended with status \(outcome.status) and no answer"
            )
        }
        return report
    }
}

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
        guard let directory = OwnProgram.directory else {
            throw ServingError(.unavailable, "cannot find out where this program lies: /proc is not mounted")
        }
        let path = directory + "/buckler-launcher"
        guard access(path, X_OK) == 0 else {
            throw ServingError(
                .unavailable,
                "there is no buckler-launcher beside this program: install it there, or build it by swift build "
                    + "--product buckler-launcher",
                cause: path
            )
        }
        return SandboxLauncher(path: path)
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

/// Where the program that runs lies.
enum OwnProgram {
    static var directory: String? {
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { space in
            guard let start = space.baseAddress else { return nil }
            let count = readlink("/proc/self/exe", start.assumingMemoryBound(to: CChar.self), space.count)
            guard count > 0, count < space.count else { return nil }
            let path = String(decoding: space[0..<count], as: UTF8.self)
            guard let slash = path.lastIndex(of: "/") else { return nil }
            return String(path[..<slash])
        }
    }
}

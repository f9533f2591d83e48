// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Names of what a server makes for itself alone, `<prefix><process id>-<anything>`, by which the next one tells what was left
/// behind by one that was killed.
enum LeftOver {
    static func name(_ prefix: String, _ rest: String) -> String { "\(prefix)\(getpid())-\(rest)" }

    /// Whether nobody has it any more. To be asked before this process makes any: what has its number is then of one before.
    static func isOne(_ name: String, prefix: String) -> Bool {
        guard name.hasPrefix(prefix), let pid = pid_t(name.dropFirst(prefix.count).prefix { $0 != "-" }), pid > 0 else {
            return false
        }
        return pid == getpid() || (kill(pid, 0) != 0 && errno == ESRCH)
    }
}

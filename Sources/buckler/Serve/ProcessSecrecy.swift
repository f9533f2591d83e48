// SPDX-License-Identifier: Apache-2.0
import Access
import CLinux
import Glibc

/// What this process knows, keys and what clients sent, is for no other process of the same user.
enum ProcessSecrecy {
    /// From now on `/proc/PID/mem`, `environ` and `fd` are root's alone, nobody else may trace the process, and it leaves
    /// no core file. Programs that it starts are as any others.
    static func begin() {
        var none = rlimit()
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        let error = buckler_forbid_dumps()
        precondition(error == 0, "the kernel lets others read the memory of this process: errno \(-error)")
    }

    /// Keys that came in the environment have been read: nothing that this process starts needs them, and nobody who
    /// looks at it should find them.
    static func eraseKeys() {
        for name in [KeyLines.variable, ServerOptions.apiKeyVariable] { erase(name) }
    }

    /// `unsetenv` alone leaves the text where the kernel put it, and shows it.
    private static func erase(_ name: String) {
        var next = environ
        while let entry = next.pointee {
            if strncmp(entry, name + "=", name.utf8.count + 1) == 0 {
                let value = entry + name.utf8.count + 1
                // SAFETY: the C library's environment is a list of texts that end with a NUL. No other thread changes
                // it, and those that run by now, of the ledger, read nothing from it.
                memset(value, 0, strlen(value))
            }
            next += 1
        }
        unsetenv(name)
    }
}

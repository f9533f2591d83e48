// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A core file would hold whatever clients sent, and the keys that they sent it with.
enum CoreFiles {
    static func forbid() {
        var none = rlimit()
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    }
}

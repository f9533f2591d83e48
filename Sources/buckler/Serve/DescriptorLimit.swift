// SPDX-License-Identifier: Apache-2.0
import Glibc
import Inference
import Logging
import Settings

/// How many files and sockets the process may have open at once.
enum DescriptorLimit {
    /// Most systems start processes with 1,024, for programs of another time; what the administrator meant is the hard
    /// limit. Where that is too low for the connections that are allowed, fewer are.
    static func raise(for settings: inout ServerSettings, logger: Logger) {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return }
        if limit.rlim_cur < limit.rlim_max {
            limit.rlim_cur = limit.rlim_max
            guard setrlimit(resource, &limit) == 0 else {
                logger.warning("the limit of open files cannot be raised: \(String(cString: strerror(errno)))")
                return
            }
        }
        let (needed, wanted) = (settings.descriptorsNeeded, settings.connectionLimits.connections)
        guard limit.rlim_max < rlim_t(needed) else { return }
        settings.fitConnections(toDescriptors: Int(limit.rlim_max))
        logger.warning(
            """
            the hard limit of open files is \(limit.rlim_max), but --max-connections=\(wanted) on each listener may \
            need \(needed): set it to \(needed) (ulimit -Hn \(needed), or LimitNOFILE=\(needed) in a systemd unit); \
            \(settings.connectionLimits.connections) are allowed until then
            """
        )
    }
}

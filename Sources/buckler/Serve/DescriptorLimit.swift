// SPDX-License-Identifier: Apache-2.0
import Glibc
import Inference
import Logging
import Settings

/// How many files and sockets the process may have open at once.
enum DescriptorLimit {
    /// Most systems start processes with 1,024, for programs of another time; what the administrator meant is the hard
    /// limit.
    static func raise(for settings: ServerSettings, logger: Logger) {
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
        let needed = settings.descriptorsNeeded
        guard limit.rlim_max < rlim_t(needed) else { return }
        logger.warning(
            """
            the hard limit of open files is \(limit.rlim_max), but --max-connections=\
            \(settings.connectionLimits.connections) on each listener may need \(needed): set it to \(needed) \
            (ulimit -Hn \(needed), or LimitNOFILE=\(needed) in a systemd unit), or allow fewer connections
            """
        )
    }
}

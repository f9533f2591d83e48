// SPDX-License-Identifier: Apache-2.0

/// How busy the machine is.
package struct HostUse: Sendable, Equatable {
    /// 0 to 1 over all cores.
    package var cpuUtilization: Double
    package var memory: MemoryUse

    package init(cpuUtilization: Double, memory: MemoryUse) {
        self.cpuUtilization = cpuUtilization
        self.memory = memory
    }
}

/// The first line of `/proc/stat`: ticks that all cores together spent in each way since the machine started.
package struct CPUTicks: Sendable, Equatable {
    package var busy: UInt64
    package var idle: UInt64

    /// - Parameter statistics: the text of `/proc/stat`.
    package init?(statistics: some StringProtocol) {
        guard let line = statistics.split(separator: "\n").first, line.hasPrefix("cpu ") else { return nil }
        let ticks = line.split(separator: " ").dropFirst().map { UInt64($0) ?? 0 }
        // user nice system idle iowait irq softirq steal; what follows is already in user and nice.
        guard ticks.count >= 8 else { return nil }
        busy = [ticks[0], ticks[1], ticks[2], ticks[5], ticks[6], ticks[7]].reduce(0, &+)
        idle = ticks[3] &+ ticks[4]
    }

    package init(busy: UInt64, idle: UInt64) {
        self.busy = busy
        self.idle = idle
    }

    /// The share of time since `earlier` that was not idle; 0 if no tick has passed.
    package func utilization(since earlier: CPUTicks) -> Double {
        let busy = self.busy > earlier.busy ? self.busy - earlier.busy : 0
        let idle = self.idle > earlier.idle ? self.idle - earlier.idle : 0
        let all = Double(busy) + Double(idle)
        return all > 0 ? Double(busy) / all : 0
    }
}

/// Bytes of main memory; used is what programs could not have.
package struct MemoryUse: Sendable, Equatable {
    package var total: UInt64
    package var used: UInt64

    package init(total: UInt64, used: UInt64) {
        self.total = total
        self.used = used
    }

    /// - Parameter information: the text of `/proc/meminfo`, whose numbers are in KiB.
    package init?(information: some StringProtocol) {
        func bytes(of name: String) -> UInt64? {
            for line in information.split(separator: "\n") where line.hasPrefix(name + ":") {
                let words = line.split(separator: " ")
                guard words.count >= 2, let number = UInt64(words[1]) else { return nil }
                let (bytes, overflow) = number.multipliedReportingOverflow(by: 1024)
                return overflow ? nil : bytes
            }
            return nil
        }
        guard let total = bytes(of: "MemTotal"), let available = bytes(of: "MemAvailable"), available <= total else {
            return nil
        }
        self.init(total: total, used: total - available)
    }
}

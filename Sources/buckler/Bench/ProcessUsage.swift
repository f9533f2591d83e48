// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// CPU time that processes have used, as the kernel counts it.
enum ProcessUsage {
    /// Nanoseconds of this process, all threads.
    static func ownNanoseconds() -> UInt64 {
        // POSIX has it count in millionths of a second.
        UInt64(max(0, clock())) * 1000
    }

    /// Nanoseconds of a process, its threads and its living descendants; `nil` if there is no such process.
    ///
    /// The kernel counts in ticks of 10 ms, so a measurement should last seconds.
    static func nanoseconds(ofTree root: Int32) -> UInt64? {
        var statistics: [Int32: ProcessStatistics] = [:]
        for process in runningProcesses() {
            if let line = readFile("/proc/\(process)/stat") { statistics[process] = ProcessStatistics(line) }
        }
        guard statistics[root] != nil else { return nil }
        var ticks: UInt64 = 0
        for (process, own) in statistics where descends(process, from: root, in: statistics) { ticks += own.ticks }
        let ticksPerSecond = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        return ticks * (1_000_000_000 / ticksPerSecond)
    }

    private static func descends(_ process: Int32, from root: Int32, in all: [Int32: ProcessStatistics]) -> Bool {
        var current = process
        // Processes come and go while the list is read, so a stale parent must not lead in circles.
        for _ in 0..<64 {
            if current == root { return true }
            guard let parent = all[current]?.parent, parent > 0 else { return false }
            current = parent
        }
        return false
    }

    private static func runningProcesses() -> [Int32] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var processes: [Int32] = []
        while let entry = readdir(directory) {
            // SAFETY: `readdir` ends the name with a zero within the entry, which lives until the next call.
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                String(cString: UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self))
            }
            if let process = Int32(name) { processes.append(process) }
        }
        return processes
    }

    private static func readFile(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }
}

/// The fields of `/proc/PID/stat` that matter here.
struct ProcessStatistics: Equatable {
    var parent: Int32
    /// User and system time of all threads.
    var ticks: UInt64

    init?(_ line: String) {
        // The name in parentheses may itself hold spaces and parentheses; the last one closes it.
        guard let close = line.lastIndex(of: ")") else { return nil }
        let fields = line[line.index(after: close)...].split(separator: " ")
        guard fields.count > 12, let parent = Int32(fields[1]), let user = UInt64(fields[11]),
            let system = UInt64(fields[12])
        else { return nil }
        self.parent = parent
        ticks = user + system
    }
}

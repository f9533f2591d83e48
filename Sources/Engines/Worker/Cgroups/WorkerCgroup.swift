// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// What the kernel is asked to hold one worker to.
struct CgroupBounds: Sendable, Equatable {
    var memoryBytes: Int?
    /// Processes and threads, those of the launcher included.
    var tasks: Int
    /// How many processors' time it may have.
    var processors: Double?

    init(memoryBytes: Int?, tasks: Int, processors: Double?) {
        self.memoryBytes = memoryBytes
        self.tasks = tasks
        self.processors = processors
    }

    init(_ limits: WorkerLimits) {
        // The launcher has a process that waits and a thread that answers for the one exec.
        self.init(memoryBytes: limits.memoryBytes, tasks: limits.threads + 8, processors: limits.processors)
    }

    /// Microseconds over which processor time is counted.
    static let periodMicroseconds = 100_000
    var quotaMicroseconds: Int? {
        processors.map { max(1000, Int(($0 * Double(Self.periodMicroseconds)).rounded())) }
    }
}

/// The cgroups of one worker, which the launcher puts it into: one directory, or one for each controller.
struct WorkerCgroup: Sendable, Equatable {
    enum Controller: String, Sendable, CaseIterable { case memory, pids, cpu }

    /// A file and what is written into it.
    struct Setting: Equatable {
        var file: String
        var value: String
        /// Kernels may be built without it.
        var isOptional = false
    }

    var directories: [String]
    /// What is bounded there.
    var controllers: Set<Controller>
    var memoryBytes: Int?

    /// Whether the kernel has ended somebody in it for using more memory than it may.
    var ranOutOfMemory: Bool {
        directories.contains { directory in
            ["memory.events", "memory.oom_control"].contains { file in
                Self.content(of: directory + "/" + file).split(separator: "\n").contains { line in
                    line.hasPrefix("oom_kill ") && line != "oom_kill 0"
                }
            }
        }
    }

    static func unified(_ bounds: CgroupBounds) -> [Setting] {
        var settings = [Setting(file: "pids.max", value: String(bounds.tasks))]
        if let bytes = bounds.memoryBytes {
            settings.append(Setting(file: "memory.max", value: String(bytes)))
            settings.append(Setting(file: "memory.swap.max", value: "0", isOptional: true))
            settings.append(Setting(file: "memory.oom.group", value: "1", isOptional: true))
        }
        if let quota = bounds.quotaMicroseconds {
            settings.append(Setting(file: "cpu.max", value: "\(quota) \(CgroupBounds.periodMicroseconds)"))
        }
        return settings
    }

    /// - Returns: empty if nothing is bounded by the controller.
    static func split(_ controller: Controller, _ bounds: CgroupBounds) -> [Setting] {
        switch controller {
        case .pids: return [Setting(file: "pids.max", value: String(bounds.tasks))]
        case .memory:
            guard let bytes = bounds.memoryBytes else { return [] }
            return [
                Setting(file: "memory.limit_in_bytes", value: String(bytes)),
                Setting(file: "memory.memsw.limit_in_bytes", value: String(bytes), isOptional: true),
            ]
        case .cpu:
            guard let quota = bounds.quotaMicroseconds else { return [] }
            return [
                Setting(file: "cpu.cfs_period_us", value: String(CgroupBounds.periodMicroseconds)),
                Setting(file: "cpu.cfs_quota_us", value: String(quota)),
            ]
        }
    }

    /// Makes a cgroup with these settings.
    /// - Returns: whether it has them all; if not, it is not there.
    static func make(_ directory: String, _ settings: [Setting]) -> Bool {
        guard mkdir(directory, 0o755) == 0 else { return false }
        for setting in settings where !store(setting.value, in: directory + "/" + setting.file) {
            guard !setting.isOptional else { continue }
            rmdir(directory)
            return false
        }
        return true
    }

    /// In one call, as the kernel wants it; never makes a file.
    static func store(_ text: String, in file: String) -> Bool {
        let descriptor = open(file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var text = text
        return text.withUTF8 { bytes in write(descriptor, bytes.baseAddress, bytes.count) == bytes.count }
    }

    /// - Returns: the beginning of what is there; empty if nothing can be read.
    static func content(of file: String) -> String {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var text: [UInt8] = []
        return withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 1) { buffer in
            while text.count < 1 << 20 {
                let count = read(descriptor, buffer.baseAddress, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                text += buffer[..<count]
            }
            return String(decoding: text, as: UTF8.self)
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
private import Synchronization

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Makes a cgroup for each worker beside or beneath the server's own, where this process may.
final class WorkerCgroups: Sendable {
    /// Looked for when the first worker starts.
    static let shared = WorkerCgroups(
        CgroupPlaces(
            cgroup: WorkerCgroup.content(of: "/proc/self/cgroup"),
            mounts: WorkerCgroup.content(of: "/proc/self/mountinfo")
        )
    )

    private enum Ground {
        case unified(String, Set<WorkerCgroup.Controller>)
        case split([WorkerCgroup.Controller: String])

        var directories: [String] {
            switch self {
            case .unified(let directory, _): [directory]
            case .split(let directories): Array(directories.values)
            }
        }
    }

    private static let prefix = "buckler-"

    private let ground: Ground
    /// What a worker may have for which nothing else is said: it, and not the server, is to be out of memory first.
    let memoryBytes: Int?
    /// Directories that somebody was still in when they were to be removed.
    private let leftBehind = Mutex<[String]>([])

    /// - Parameter machineBytes: the machine's memory, if it is known.
    init(_ places: CgroupPlaces, machineBytes: Int? = WorkerLimits.physicalMemory) {
        if let directory = places.unified, let controllers = Self.prepare(directory) {
            ground = .unified(directory, controllers)
        } else {
            var directories: [WorkerCgroup.Controller: String] = [:]
            for controller in WorkerCgroup.Controller.allCases {
                guard let directory = places.split[controller.rawValue], access(directory, W_OK) == 0 else { continue }
                directories[controller] = directory
            }
            ground = .split(directories)
        }
        let directories = ground.directories
        let limits = directories.flatMap { directory in
            ["memory.max", "memory.limit_in_bytes"].compactMap { file in
                Int(WorkerCgroup.content(of: directory + "/" + file).prefix { !$0.isWhitespace })
            }
        }
        memoryBytes = (limits + [machineBytes].compactMap(\.self)).min().map { $0 / 4 * 3 }
        for directory in directories { Self.removeLeftOvers(in: directory) }
    }

    /// - Returns: `nil` where there are no cgroups to be had; what it bounds otherwise is told by it.
    func make(_ bounds: CgroupBounds) -> WorkerCgroup? {
        sweep()
        let name = "/" + LeftOver.name(Self.prefix, String(UInt64.random(in: 0 ... .max), radix: 36))
        var bounds = bounds
        bounds.memoryBytes = bounds.memoryBytes ?? memoryBytes
        var made = WorkerCgroup(directories: [], controllers: [], memoryBytes: bounds.memoryBytes)
        switch ground {
        case .unified(let directory, let controllers):
            if !controllers.contains(.cpu) { bounds.processors = nil }
            guard WorkerCgroup.make(directory + name, WorkerCgroup.unified(bounds)) else { return nil }
            made.directories = [directory + name]
            made.controllers = controllers
        case .split(let directories):
            for (controller, directory) in directories {
                let settings = WorkerCgroup.split(controller, bounds)
                guard !settings.isEmpty, WorkerCgroup.make(directory + name, settings) else { continue }
                made.directories.append(directory + name)
                made.controllers.insert(controller)
            }
        }
        return made.directories.isEmpty ? nil : made
    }

    /// The worker is gone, or will be in a moment, which is waited for; what is left after it, others remove.
    func remove(_ cgroup: WorkerCgroup) {
        leftBehind.withLock { $0 += cgroup.directories }
        for _ in 0..<20 where !sweep() { usleep(1000) }
    }

    /// - Returns: whether nothing is left.
    @discardableResult
    private func sweep() -> Bool {
        leftBehind.withLock { directories in
            directories.removeAll { rmdir($0) == 0 || errno != EBUSY }
            return directories.isEmpty
        }
    }

    /// In the second version a cgroup that has children with bounds has no processes of its own: the server goes into one of
    /// the children itself. That works where a service manager has left the cgroup to it, as with `Delegate=yes`.
    /// - Returns: what can be bounded there, or `nil`.
    private static func prepare(_ directory: String) -> Set<WorkerCgroup.Controller>? {
        let names = WorkerCgroup.content(of: directory + "/cgroup.controllers").split { $0.isWhitespace }
        let controllers = Set(names.compactMap { WorkerCgroup.Controller(rawValue: String($0)) })
        guard controllers.isSuperset(of: [.memory, .pids]), access(directory, W_OK) == 0 else { return nil }
        let wanted = controllers.map { "+" + $0.rawValue }.sorted().joined(separator: " ")
        let file = directory + "/cgroup.subtree_control"
        if WorkerCgroup.store(wanted, in: file) { return controllers }
        let own = directory + "/" + LeftOver.name(prefix, "server")
        guard mkdir(own, 0o755) == 0 || errno == EEXIST else { return nil }
        if WorkerCgroup.store(String(getpid()), in: own + "/cgroup.procs"), WorkerCgroup.store(wanted, in: file) {
            return controllers
        }
        // Others share the cgroup: back to them.
        _ = WorkerCgroup.store(String(getpid()), in: directory + "/cgroup.procs")
        rmdir(own)
        return nil
    }

    /// Those of servers that were killed. They can be removed only if nobody is in them.
    private static func removeLeftOvers(in directory: String) {
        for name in LocalDirectory.list(directory) where LeftOver.isOne(name, prefix: prefix) {
            rmdir(directory + "/" + name)
        }
    }
}

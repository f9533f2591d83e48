// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// One worker as a process: started, killed and reaped by one thread, which outlives it. The launcher has the kernel end
/// a worker whose starting thread is gone.
struct WorkerProcess: ~Copyable {
    enum End: Equatable {
        case exited(Int32)
        case killed(Int32)
        /// By the kernel, as its cgroup had used up what it may.
        case outOfMemory(bytes: Int)

        var text: String {
            switch self {
            case .exited(let status): "ended with status \(status)"
            case .killed(let signal): "was ended by signal \(signal)"
            case .outOfMemory(let bytes):
                "was ended by the kernel, since it used more than its \(bytes) bytes of memory"
            }
        }
    }

    /// How the launcher ends if a required layer of the sandbox does not hold.
    static let layerMissing = End.exited(65)

    let channel: WorkerChannel
    /// What it prints.
    let output: Int32
    /// Which layers of the sandbox hold; ends when the program starts.
    let report: Int32
    private let child: pid_t
    private let directory: String
    private let user: UInt32?
    private let cgroup: WorkerCgroup?

    init(_ launch: WorkerLaunch) throws(ServingError) {
        try Self.check(launch)
        guard let (server, worker) = WorkerChannel.pair() else { throw Self.failure("a channel") }
        defer { close(worker) }
        let (outputEnd, outputWriter) = try Self.pipe()
        defer { close(outputWriter) }
        let reportEnd: Int32
        let reportWriter: Int32
        do throws(ServingError) {
            (reportEnd, reportWriter) = try Self.pipe()
        } catch {
            close(outputEnd)
            throw error
        }
        defer { close(reportWriter) }
        let user = geteuid() == 0 ? WorkerUsers.shared.take() : nil
        var directory: String?
        let cgroup = WorkerCgroups.shared.make(CgroupBounds(launch.limits))
        do throws(ServingError) {
            if geteuid() == 0, user == nil { throw Self.failure("a user of its own: all are taken") }
            directory = try Self.makeDirectory(owner: user)
            var arguments = Self.arguments(launch, directory: directory ?? "", user: user)
            for directory in cgroup?.directories ?? [] { arguments += ["--cgroup", directory] }
            arguments += ["--keep", String(worker), "--report", String(reportWriter), "--"] + launch.program
            child = try Self.spawn(
                launch.launcher,
                arguments,
                environment: launch.environment,
                descriptors: (worker, reportWriter, outputWriter)
            )
        } catch {
            close(outputEnd)
            close(reportEnd)
            if let directory { rmdir(directory) }
            if let cgroup { WorkerCgroups.shared.remove(cgroup) }
            if let user { WorkerUsers.shared.giveBack(user) }
            throw error
        }
        channel = server
        output = outputEnd
        report = reportEnd
        self.user = user
        self.cgroup = cgroup
        self.directory = directory ?? ""
    }

    /// Only ever after ``end(graceMilliseconds:)``.
    deinit {
        close(output)
        close(report)
        _ = buckler_remove_tree(directory)
        if let cgroup { WorkerCgroups.shared.remove(cgroup) }
        if let user { WorkerUsers.shared.giveBack(user) }
    }

    /// Waits until it is gone; kills it, whatever it ignores, if that takes longer than `grace`. To be called once.
    /// - Parameter grace: for one that was told to end, or seems to have, so that how it ended can be told.
    borrowing func end(graceMilliseconds grace: Int) -> End {
        var status: Int32 = 0
        for _ in 0..<max(grace, 0) {
            if waitpid(child, &status, WNOHANG) == child { return end(status) }
            usleep(1000)
        }
        kill(child, SIGKILL)
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        return end(status)
    }

    /// Whether the kernel holds it to what was said of that.
    borrowing func isBounded(by controller: WorkerCgroup.Controller) -> Bool {
        cgroup?.controllers.contains(controller) == true
    }

    private borrowing func end(_ status: Int32) -> End {
        let signal = status & 0x7F
        if signal == SIGKILL, let cgroup, let bytes = cgroup.memoryBytes, cgroup.ranOutOfMemory {
            return .outOfMemory(bytes: bytes)
        }
        return signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal)
    }

    /// Whoever can write to a directory of the repository can put links in the way to it after the model was loaded.
    private static func check(_ launch: WorkerLaunch) throws(ServingError) {
        for place in [launch.model?.directory, launch.authorsDirectory].compactMap(\.self) {
            guard ReadablePaths.resolved(place) == place else {
                throw ServingError(
                    .unavailable,
                    "a directory that the worker is to read is not where it was when the model was loaded: load it again",
                    cause: place
                )
            }
        }
    }

    private static func arguments(_ launch: WorkerLaunch, directory: String, user: UInt32?) -> [String] {
        let limits = launch.limits
        var arguments = ["--profile", launch.profile, "--tmp", directory, "--parent", String(getpid())]
        for path in launch.readable { arguments += ["--read", path] }
        if let model = launch.model { arguments += ["--read-at", model.directory, model.mount] }
        // What is not the operator's may not run before the runtime adds a filter of its own.
        if launch.authorsDirectory != nil { arguments += ["--require-also", "one-shot-exec"] }
        arguments += ["--limit-files", String(limits.openFiles), "--limit-file-size", String(limits.fileBytes)]
        if let bytes = limits.addressSpaceBytes { arguments += ["--limit-address-space", String(bytes)] }
        if let user {
            arguments += ["--user", String(user), String(user), "--limit-processes", String(limits.threads)]
        }
        for name in launch.environment.keys.sorted() { arguments += ["--env", name] }
        return arguments
    }

    private static func makeDirectory(owner: UInt32?) throws(ServingError) -> String {
        _ = Self.clearing
        var template = Array((directories + LeftOver.name(directoryPrefix, "XXXXXX")).utf8CString)
        guard mkdtemp(&template) != nil else { throw failure("a directory in /tmp") }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if let owner, chown(path, owner, owner) != 0 {
            rmdir(path)
            throw failure("a directory of its own")
        }
        return path
    }

    private static let directories = "/tmp/"
    private static let directoryPrefix = "buckler-worker-"

    /// Once: what servers have left that were killed. Empty, as mounts are gone with their workers.
    private static let clearing: Void = {
        for name in LocalDirectory.list(directories) where LeftOver.isOne(name, prefix: directoryPrefix) {
            rmdir(directories + name)
        }
    }()

    /// - Returns: an end that is read without blocking, and one that is written.
    private static func pipe() throws(ServingError) -> (Int32, Int32) {
        var ends: [Int32] = [-1, -1]
        guard buckler_pipe(&ends) == 0 else { throw failure("a pipe") }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        return (ends[0], ends[1])
    }

    private static func spawn(
        _ launcher: String,
        _ arguments: [String],
        environment: [String: String],
        descriptors: (channel: Int32, report: Int32, output: Int32)
    ) throws(ServingError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, descriptors.output, 1)
        posix_spawn_file_actions_adddup2(&actions, descriptors.output, 2)
        // Onto themselves: that is how a descriptor becomes one that is inherited, in the child alone.
        posix_spawn_file_actions_adddup2(&actions, descriptors.channel, descriptors.channel)
        posix_spawn_file_actions_adddup2(&actions, descriptors.report, descriptors.report)
        var argv: [UnsafeMutablePointer<CChar>?] = ([launcher] + arguments).map { strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var child: pid_t = 0
        let result = posix_spawn(&child, launcher, &actions, nil, &argv, &envp)
        guard result == 0 else {
            throw ServingError(
                .unavailable,
                "a worker cannot be started: \(String(cString: strerror(result)))",
                cause: launcher
            )
        }
        return child
    }

    private static func failure(_ what: String) -> ServingError {
        ServingError(.unavailable, "a worker cannot be started: it cannot be given \(what)", cause: "errno \(errno)")
    }
}

// SPDX-License-Identifier: Apache-2.0
internal import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// A program that is run to its end, without a shell.
enum ChildProcess {
    struct Outcome {
        /// The exit status; negative for the number of the signal that ended it.
        var status: Int32
        /// The last part of what it wrote to either of its outputs.
        var output: String
    }

    static let outputLimit = 64 << 10

    /// - Parameter program: a path, or a name looked up in `PATH`.
    /// - Returns: `nil` if there is no such program.
    static func run(_ program: String, _ arguments: [String]) throws(ServingError) -> Outcome? {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw LocalFile.failure("start", program) }
        let (reading, writing) = (ends[0], ends[1])
        defer { close(reading) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let started = Result { () throws(ServingError) in try spawn(program, arguments, output: writing) }
        // The child has its own; with this one open the output would never end.
        close(writing)
        guard let child = try started.get() else { return nil }
        let output = drain(reading)
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 && errno == EINTR {}
        let signal = status & 0x7F
        return Outcome(status: signal == 0 ? (status >> 8) & 0xFF : -signal, output: output)
    }

    private static func spawn(
        _ program: String,
        _ arguments: [String],
        output: Int32
    ) throws(ServingError) -> pid_t? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        var argv: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
        argv.append(nil)
        defer { for argument in argv { free(argument) } }
        // Of our own it inherits none: a thread of this process may hold back the signals that are to end the child.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var child: pid_t = 0
        let result = posix_spawnp(&child, program, &actions, &attributes, argv, environ)
        if result == ENOENT { return nil }
        guard result == 0 else {
            throw ServingError(
                .unavailable,
                "cannot start '\(program)': \(String(cString: strerror(result)))"
            )
        }
        return child
    }

    private static func drain(_ descriptor: Int32) -> String {
        var kept: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            kept += buffer[0..<count]
            if kept.count > outputLimit { kept.removeFirst(kept.count - outputLimit) }
        }
        return String(decoding: kept, as: UTF8.self)
    }
}

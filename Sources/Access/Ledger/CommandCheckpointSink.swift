// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Runs a program with a checkpoint on its standard input. No shell reads the arguments.
package struct CommandCheckpointSink: CheckpointSink {
    /// How long the program may take.
    package static let defaultSeconds = 5.0

    private let arguments: [String]
    private let seconds: Double

    /// - Parameter arguments: the program, a path or a name looked up in `PATH`, then what it is given.
    /// - Returns: `nil` without a program.
    package init?(_ arguments: [String], seconds: Double = defaultSeconds) {
        guard let program = arguments.first, !program.isEmpty else { return nil }
        self.arguments = arguments
        self.seconds = seconds
    }

    package var name: String { "command \(arguments[0])" }

    package func send(_ line: [UInt8]) throws(LedgerFailure) {
        let input = try pipe(holding: line)
        defer { close(input) }
        let child = try spawn(input: input)
        guard let status = wait(for: child) else {
            throw LedgerFailure("\(arguments[0]) took longer than \(seconds) s and was ended")
        }
        guard status == 0 else {
            let signal = status & 0x7f
            throw LedgerFailure(
                signal == 0
                    ? "\(arguments[0]) ended with status \(status >> 8 & 0xff)"
                    : "\(arguments[0]) was ended by signal \(signal)"
            )
        }
    }

    /// A checkpoint is far smaller than what a pipe holds: it is all in there before the program starts, which can
    /// neither make us wait nor, by reading none of it, have us signalled.
    private func pipe(holding line: [UInt8]) throws(LedgerFailure) -> CInt {
        var ends: [CInt] = [0, 0]
        guard makePipe(&ends) == 0 else { throw .errno("make a pipe for", arguments[0]) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        defer { close(ends[1]) }
        guard write(ends[1], line, line.count) == line.count else {
            close(ends[0])
            throw LedgerFailure("a checkpoint of \(line.count) bytes does not fit into a pipe")
        }
        return ends[0]
    }

    private func spawn(input: CInt) throws(LedgerFailure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own, so that what it starts ends with it; and no signal that the server ignores or blocks.
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
        )
        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = Self.environment().map { strdup($0) } + [nil]
        defer { for text in argv + environment { free(text) } }
        var child: pid_t = 0
        let result = posix_spawnp(&child, arguments[0], &actions, &attributes, &argv, &environment)
        guard result == 0 else {
            throw LedgerFailure("cannot start \(arguments[0]): \(String(cString: strerror(result)))")
        }
        return child
    }

    /// The server's own, without what is meant for the server alone: that may be secrets.
    private static func environment() -> [String] {
        var texts: [String] = []
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            if !text.hasPrefix("BUCKLER_") { texts.append(text) }
            next += 1
        }
        return texts
    }

    /// - Returns: how it ended, as `waitpid` has it; `nil` if it had to be ended.
    private func wait(for child: pid_t) -> CInt? {
        var status: CInt = 0
        var pause = timespec(tv_sec: 0, tv_nsec: 5_000_000)
        for _ in 0..<max(1, Int(min(seconds, 3600) * 200)) {
            let ended = waitpid(child, &status, WNOHANG)
            if ended == child { return status }
            if ended < 0, errno != EINTR { return 0 }
            nanosleep(&pause, nil)
        }
        kill(-child, SIGKILL)
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        return nil
    }
}

/// The C function by a name that ``CommandCheckpointSink`` does not hide.
private func makePipe(_ ends: inout [CInt]) -> CInt { pipe(&ends) }

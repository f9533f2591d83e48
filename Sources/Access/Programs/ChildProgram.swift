// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Inference

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A program that the operator named, started without a shell.
///
/// It has a process group of its own, so that what it starts ends with it, no signal that the server ignores or blocks,
/// and of the server's descriptors only those that it is given.
enum ChildProgram {
    enum Lookup {
        /// As the shell finds it: a path, or a name in `PATH`.
        case search
        /// A path as it stands.
        case path
    }

    struct Failure: Error { let code: CInt }

    /// - Parameters:
    ///   - input: for its standard input; `nil` for an empty one.
    ///   - output: for its standard output; `nil` for nowhere. What it says on standard error goes nowhere.
    static func start(
        _ arguments: [String],
        lookup: Lookup,
        environment: [String],
        input: CInt? = nil,
        output: CInt? = nil
    ) throws(Failure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (descriptor, given, mode) in [(CInt(0), input, O_RDONLY), (1, output, O_WRONLY), (2, nil, O_WRONLY)] {
            if let given {
                posix_spawn_file_actions_adddup2(&actions, given, descriptor)
            } else {
                posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", mode, 0)
            }
        }
        // Where it cannot be had, descriptors that are closed on exec have to do: all of ours are.
        _ = buckler_spawn_close_from(&actions, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
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
        var entries: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
        defer { for text in argv + entries { free(text) } }
        var child: pid_t = 0
        let result =
            switch lookup {
            case .search: posix_spawnp(&child, arguments[0], &actions, &attributes, &argv, &entries)
            case .path: posix_spawn(&child, arguments[0], &actions, &attributes, &argv, &entries)
            }
        guard result == 0 else { throw Failure(code: result) }
        return child
    }

    /// - Returns: how it ended, as `waitpid` has it; `nil` if it had to be ended.
    static func wait(for child: pid_t, until deadline: MonotonicTime) -> CInt? {
        var status: CInt = 0
        var pause = timespec(tv_sec: 0, tv_nsec: 5_000_000)
        while true {
            let ended = waitpid(child, &status, WNOHANG)
            if ended == child { return status }
            if ended < 0, errno != EINTR { return 0 }
            if deadline <= .now() { break }
            nanosleep(&pause, nil)
        }
        end(child)
        return nil
    }

    /// Ends it and what it started.
    static func end(_ child: pid_t) {
        kill(-child, SIGKILL)
        var status: CInt = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
    }

    /// A status other than 0 in words, to be put after the program's name.
    static func inWords(_ status: CInt) -> String {
        let signal = status & 0x7f
        return signal == 0 ? "ended with status \(status >> 8 & 0xff)" : "was ended by signal \(signal)"
    }
}

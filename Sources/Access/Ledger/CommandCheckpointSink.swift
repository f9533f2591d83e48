// SPDX-License-Identifier: Apache-2.0
private import Inference

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
        let program = arguments[0]
        let child: pid_t
        do throws(ChildProgram.Failure) {
            child = try ChildProgram.start(arguments, lookup: .search, environment: Self.environment(), input: input)
        } catch {
            throw LedgerFailure("cannot start \(program): \(String(cString: strerror(error.code)))")
        }
        let deadline = MonotonicTime.now().advanced(byNanoseconds: UInt64(min(max(seconds, 0), 3600) * 1e9))
        guard let status = ChildProgram.wait(for: child, until: deadline) else {
            throw LedgerFailure("\(program) took longer than \(seconds) s and was ended")
        }
        guard status == 0 else { throw LedgerFailure("\(program) \(ChildProgram.inWords(status))") }
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
}

/// The C function by a name that ``CommandCheckpointSink`` does not hide.
private func makePipe(_ ends: inout [CInt]) -> CInt { pipe(&ends) }

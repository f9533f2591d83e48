// SPDX-License-Identifier: Apache-2.0
package import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// A program that prints a secret: what a setting names by `exec:/path/to/program argument…` in place of a file.
///
/// Only operators name one: on the command line, in `buckler.yaml` or in the environment. It runs once, when the setting
/// is read, without a shell, with an empty standard input and next to no environment. What it prints is the secret, so
/// that no error repeats it, nor its arguments, which may have another one in them.
package struct SecretCommand: Sendable {
    package static let prefix = "exec:"
    package static let secondsLimit = 10.0
    package static let outputLimit = 64 << 10
    package static let argumentLimit = 64
    package static let textLimit = 4096

    /// The setting that names it, for errors.
    private let setting: String
    private let arguments: [String]
    private let seconds: Double

    /// - Parameters:
    ///   - value: of the setting; parted by spaces, without quotes.
    ///   - setting: as errors should call it: `--api-key-file`.
    /// - Returns: `nil` if `value` names no program but a file.
    /// - Throws: `.invalidArgument` for a program that is not named by an absolute path, and for too many arguments.
    package init?(
        _ value: String,
        setting: String,
        seconds: Double = secondsLimit
    ) throws(ServingError) {
        guard value.hasPrefix(Self.prefix) else { return nil }
        func refused(_ why: String) -> ServingError { ServingError(.invalidArgument, "\(setting): \(why)") }
        guard value.utf8.count <= Self.textLimit, !value.utf8.contains(0) else {
            throw refused("what follows \(Self.prefix) is longer than \(Self.textLimit) bytes, or not text")
        }
        let words = value.dropFirst(Self.prefix.count).split(whereSeparator: \.isWhitespace).map(String.init)
        guard let program = words.first, program.hasPrefix("/") else {
            throw refused("\(Self.prefix) needs the absolute path of a program: \(Self.prefix)/path/to/program")
        }
        guard words.count <= Self.argumentLimit + 1 else {
            throw refused("\(program) is given more than \(Self.argumentLimit) arguments")
        }
        self.setting = setting
        arguments = words
        self.seconds = seconds
    }

    package var program: String { arguments[0] }

    /// How it may be shown.
    package var name: String { Self.prefix + program }

    /// Runs it and waits for its end.
    /// - Returns: all that it printed on standard output, at least a byte.
    /// - Throws: `.unavailable`, naming setting and program, unless it ended well within time and bounds.
    package func output() throws(ServingError) -> [UInt8] {
        var ends: [CInt] = [0, 0]
        guard pipe(&ends) == 0 else { throw failure("cannot be started", errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        let child: pid_t
        do throws(ChildProgram.Failure) {
            child = try ChildProgram.start(
                arguments,
                lookup: .path,
                environment: Self.environment,
                output: ends[1]
            )
        } catch {
            close(ends[1])
            throw failure("cannot be started", error.code)
        }
        close(ends[1])
        let deadline = MonotonicTime.now().advanced(byNanoseconds: UInt64(min(max(seconds, 0), 3600) * 1e9))
        let bytes: [UInt8]
        do throws(ServingError) {
            bytes = try read(ends[0], until: deadline)
        } catch {
            ChildProgram.end(child)
            throw error
        }
        guard let status = ChildProgram.wait(for: child, until: deadline) else { throw tookTooLong }
        guard status == 0 else { throw failure(ChildProgram.inWords(status)) }
        guard !bytes.isEmpty else { throw failure("printed nothing") }
        return bytes
    }

    /// ``output()`` as text.
    package func text() throws(ServingError) -> String {
        guard let text = String(validating: try output(), as: UTF8.self) else {
            throw failure("printed what is not UTF-8 text")
        }
        return text
    }

    /// What programs commonly cannot do without; nothing that the server was told.
    private static var environment: [String] {
        ["PATH=/usr/local/bin:/usr/bin:/bin"] + (getenv("HOME").map { ["HOME=" + String(cString: $0)] } ?? [])
    }

    private func read(_ descriptor: CInt, until deadline: MonotonicTime) throws(ServingError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let left = deadline.nanoseconds(since: .now()) / 1_000_000
            guard left > 0 else { throw tookTooLong }
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&waiting, 1, CInt(clamping: left))
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { throw tookTooLong }
            // SAFETY: the call writes at most as many bytes as the array that lends its memory has.
            let count = chunk.withUnsafeMutableBytes { systemRead(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("cannot be read from", errno) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= Self.outputLimit else {
                throw failure("printed more than \(Self.outputLimit) bytes and was ended")
            }
        }
    }

    private var tookTooLong: ServingError { failure("took longer than \(seconds) s and was ended") }

    private func failure(_ what: String, _ code: CInt? = nil) -> ServingError {
        let reason = code.map { ": " + String(cString: strerror($0)) } ?? ""
        return ServingError(.unavailable, "\(setting): \(program) \(what)\(reason)")
    }
}

/// The type's own `read` hides the call's name within it.
private func systemRead(_ descriptor: CInt, _ target: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, target, count)
}

// SPDX-License-Identifier: Apache-2.0
package import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Runs `buckler_read_sources.py` on bytes, in the sandbox of Python workers: it parses what strangers wrote, and
/// parsers break.
///
/// What the bytes and the answer mean is between the program and whoever calls this.
package struct SandboxedSourceReader: Sendable {
    /// Bounds of one run.
    package struct Limits: Sendable {
        package var seconds = 30
        /// Of its address space, stacks and libraries included.
        package var memoryBytes = 1 << 30
        /// Of what it prints; the rest is not read.
        package var outputBytes = 128 << 20

        package init() {}
    }

    private static let program = "buckler_read_sources.py"
    /// Where the launcher puts the first descriptor that it keeps.
    private static let channelNumber = 20
    /// Bytes of input in one message.
    private static let messageBytes = 32 << 10

    private let launch: WorkerLaunch
    private let limits: Limits

    /// - Parameters:
    ///   - interpreter: absolute; `nil` for `python3` on the path.
    ///   - searchPath: the `PATH`.
    ///   - runtime: `BUCKLER_PYTHON`.
    /// - Throws: if there is no launcher, no program or no interpreter.
    package init(
        interpreter: String? = nil,
        searchPath: String?,
        runtime: String?,
        limits: Limits = Limits()
    ) throws(ServingError) {
        let directory = try PythonRuntime.find(setting: runtime)
        let found = try PythonInterpreter.find(setting: interpreter, searchPath: searchPath)
        let script = directory + "/" + Self.program
        guard access(script, R_OK) == 0 else {
            throw ServingError(.unavailable, "the program that reads Python sources is not installed", cause: script)
        }
        var bounds = WorkerLimits()
        (bounds.addressSpaceBytes, bounds.memoryBytes) = (limits.memoryBytes, limits.memoryBytes)
        (bounds.openFiles, bounds.threads, bounds.fileBytes) = (64, 16, 1 << 20)
        bounds.processors = 1
        launch = WorkerLaunch(
            launcher: try SandboxLauncher.beside().path,
            program: [found.path, "-I", "-B", script, "--channel", String(Self.channelNumber)],
            readable: PythonInterpreter.readable(found.readable + [directory]),
            environment: ["LANG": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp"],
            limits: bounds
        )
        self.limits = limits
    }

    /// Blocks its thread until the program has ended or has been ended.
    ///
    /// - Returns: what it printed until then, whole or not.
    /// - Throws: if it cannot be started, or a layer of the sandbox does not hold.
    package func run(_ input: [UInt8]) throws(ServingError) -> [UInt8] {
        let process = try WorkerProcess(launch)
        var exchange = Exchange(input: input, outputLimit: limits.outputBytes)
        let deadline = MonotonicTime.now().advanced(byNanoseconds: UInt64(max(limits.seconds, 1)) * 1_000_000_000)
        while exchange.isRunning {
            let left = deadline.nanoseconds(since: .now()) / 1_000_000
            guard left > 0 else { break }
            exchange.step(process.channel, process.output, milliseconds: Int32(clamping: left))
        }
        let end = process.end(graceMilliseconds: exchange.isRunning ? 0 : 1000)
        let output = exchange.output
        guard
            end == .exited(0) || output.first == UInt8(ascii: "{")
                || output.isEmpty && end != WorkerProcess.layerMissing
        else {
            let said = String(decoding: output.prefix(500), as: UTF8.self)
            throw ServingError(.unavailable, "the program that reads Python sources \(end.text)", cause: said)
        }
        return output
    }

    /// Both ways at once: the program answers while there is still more to read.
    private struct Exchange {
        private let input: [UInt8]
        private var sent = 0
        private var hasEnded = false
        private(set) var output: [UInt8] = []
        private(set) var isRunning = true
        private let outputLimit: Int

        init(input: [UInt8], outputLimit: Int) {
            self.input = input
            self.outputLimit = outputLimit
        }

        mutating func step(_ channel: WorkerChannel, _ reading: Int32, milliseconds: Int32) {
            var waiting = [
                pollfd(fd: reading, events: Int16(POLLIN), revents: 0),
                // A negative number is passed over.
                pollfd(fd: hasEnded ? -1 : channel.descriptor, events: Int16(POLLOUT), revents: 0),
            ]
            guard poll(&waiting, nfds_t(waiting.count), milliseconds) > 0 else { return }
            if waiting[1].revents != 0 { send(channel) }
            if waiting[0].revents != 0 { receive(reading) }
        }

        private mutating func send(_ channel: WorkerChannel) {
            while sent < input.count {
                let part = Array(input[sent..<min(input.count, sent + messageBytes)])
                switch try? channel.send(part) {
                case .sent: sent += part.count
                case .full: return
                case .gone, nil:
                    // It has ended; what it said until then is still to be read.
                    hasEnded = true
                    return
                }
            }
            shutdown(channel.descriptor, Int32(SHUT_WR))
            hasEnded = true
        }

        private mutating func receive(_ reading: Int32) {
            let count = withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 16) { space -> Int in
                let count = read(reading, space.baseAddress, space.count)
                if count > 0 { output.append(contentsOf: space[..<min(count, outputLimit - output.count)]) }
                return count
            }
            if count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN) || output.count >= outputLimit {
                isRunning = false
            }
        }
    }
}

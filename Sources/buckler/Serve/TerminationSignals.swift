// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc

/// SIGTERM and SIGINT as values. Once it exists, neither ends the process by itself.
final class TerminationSignals: @unchecked Sendable {
    // SAFETY: the sources are set once and only cancelled in `deinit`; the stream is made for sharing.
    private let sources: [any DispatchSourceSignal]
    private let stream: AsyncStream<Int32>

    init() {
        let (stream, continuation) = AsyncStream<Int32>.makeStream()
        self.stream = stream
        let queue = DispatchQueue(label: "buckler.signals")
        sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { continuation.yield(number) }
            source.activate()
            return source
        }
    }

    deinit {
        for source in sources { source.cancel() }
    }

    /// The next signal; 0 if the task was cancelled first.
    func next() async -> Int32 {
        for await number in stream { return number }
        return 0
    }
}

/// What happens when the process crashes.
enum CrashSignals {
    /// A crash reporter would fork and print registers and memory, which hold clients' data, into the log.
    static func restoreDefaults() {
        for number in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGQUIT] { signal(number, SIG_DFL) }
    }
}

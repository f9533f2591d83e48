// SPDX-License-Identifier: Apache-2.0
private import CLinux
private import Synchronization

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Detached threads of their own: engine calls block, so they never run on an event loop or the cooperative pool.
package final class InstanceThreads: Sendable {
    private final class Start {
        let name: String
        let body: @Sendable () -> Void
        let threads: InstanceThreads

        init(name: String, threads: InstanceThreads, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.threads = threads
            self.body = body
        }
    }

    /// For all models of this process together: a repository chooses how many threads it asks for.
    package static let shared = InstanceThreads(limit: 4096)

    private let limit: Int
    private let stackBytes: Int?
    private let running = Atomic<Int>(0)

    /// - Parameters:
    ///   - limit: threads that may run at once.
    ///   - stackBytes: of each thread; `nil` for what the system gives.
    package init(limit: Int, stackBytes: Int? = nil) {
        self.limit = limit
        self.stackBytes = stackBytes
    }

    package var runningCount: Int { running.load(ordering: .relaxed) }

    /// - Returns: whether the thread runs; `false` at the limit, or if the system has no more threads to give.
    package func start(name: String, body: @escaping @Sendable () -> Void) -> Bool {
        guard running.add(1, ordering: .relaxed).newValue <= limit else {
            running.subtract(1, ordering: .relaxed)
            return false
        }
        let start = Unmanaged.passRetained(Start(name: name, threads: self, body: body))
        guard create(start.toOpaque()) else {
            // SAFETY: no thread came to be that could take what was retained for it.
            start.release()
            running.subtract(1, ordering: .relaxed)
            return false
        }
        return true
    }

    private func create(_ context: UnsafeMutableRawPointer) -> Bool {
        var attributes = pthread_attr_t()
        guard pthread_attr_init(&attributes) == 0 else { return false }
        defer { pthread_attr_destroy(&attributes) }
        guard pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED)) == 0 else { return false }
        if let stackBytes, pthread_attr_setstacksize(&attributes, stackBytes) != 0 { return false }
        var thread = pthread_t()
        return pthread_create(&thread, &attributes, Self.threadMain, context) == 0
    }

    private static let threadMain: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        guard let context else { return nil }
        // SAFETY: `context` is what `start` retained for exactly this call.
        let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
        buckler_thread_begin(start.name)
        start.body()
        start.threads.running.subtract(1, ordering: .relaxed)
        return nil
    }

    /// Waking a sleeping thread costs some 20 µs. With two cores or fewer the event loop and the clients need the core
    /// that a spinning thread would take: there it made every request slower.
    static let defaultSpinNanoseconds: UInt64 = sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 2 ? 20_000 : 0
}

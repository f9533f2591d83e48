// SPDX-License-Identifier: Apache-2.0
private import CLinux
private import Synchronization

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// A detached thread of its own: engine calls block, so they never run on an event loop or the cooperative pool.
enum InstanceThread {
    private final class Start {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Threads that this process may have at once, over all models: a repository chooses how many it asks for.
    static let limit = 4096
    private static let running = Atomic<Int>(0)

    /// - Returns: whether the thread runs; `false` at the limit, or if the system has no more threads to give.
    static func start(name: String, body: @escaping @Sendable () -> Void) -> Bool {
        guard running.add(1, ordering: .relaxed).newValue <= limit else {
            running.subtract(1, ordering: .relaxed)
            return false
        }
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        var thread = pthread_t()
        guard pthread_create(&thread, nil, threadMain, start.toOpaque()) == 0 else {
            // SAFETY: no thread came to be that could take what was retained for it.
            start.release()
            running.subtract(1, ordering: .relaxed)
            return false
        }
        pthread_detach(thread)
        return true
    }

    private static let threadMain: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        guard let context else { return nil }
        // SAFETY: `context` is what `start` retained for exactly this call.
        let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
        buckler_thread_begin(start.name)
        start.body()
        running.subtract(1, ordering: .relaxed)
        return nil
    }

    /// Waking a sleeping thread costs some 20 µs. With two cores or fewer the event loop and the clients need the core
    /// that a spinning thread would take: there it made every request slower.
    static let defaultSpinNanoseconds: UInt64 = sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 2 ? 20_000 : 0
}

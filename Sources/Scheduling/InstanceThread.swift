// SPDX-License-Identifier: Apache-2.0
private import CLinux

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

    static func start(name: String, body: @escaping @Sendable () -> Void) {
        let context = Unmanaged.passRetained(Start(name: name, body: body)).toOpaque()
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, threadMain, context)
        precondition(code == 0, "the system refuses to start another thread (error \(code))")
        pthread_detach(thread)
    }

    private static let threadMain: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        guard let context else { return nil }
        // SAFETY: `context` is what `start` retained for exactly this call.
        let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
        buckler_thread_begin(start.name)
        start.body()
        return nil
    }

    /// Waking a sleeping thread costs some 20 µs. With two cores or fewer the event loop and the clients need the core
    /// that a spinning thread would take: there it made every request slower.
    static let defaultSpinNanoseconds: UInt64 = sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 2 ? 20_000 : 0
}

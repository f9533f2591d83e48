// SPDX-License-Identifier: Apache-2.0
private import CLinux

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// A detached thread of its own, which starts a worker and outlives it.
enum WorkerThread {
    private final class Start {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// - Returns: `false` if the system has no more threads to give.
    static func start(name: String, body: @escaping @Sendable () -> Void) -> Bool {
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        var attributes = pthread_attr_t()
        guard pthread_attr_init(&attributes) == 0 else { return false }
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        guard pthread_create(&thread, &attributes, main, start.toOpaque()) == 0 else {
            // SAFETY: no thread came to be that could take what was retained for it.
            start.release()
            return false
        }
        return true
    }

    private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        guard let context else { return nil }
        // SAFETY: `context` is what `start` retained for exactly this call.
        let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
        buckler_thread_begin(start.name)
        start.body()
        return nil
    }
}

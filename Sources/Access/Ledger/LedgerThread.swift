// SPDX-License-Identifier: Apache-2.0
private import CLinux
internal import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Where one thread sleeps and others wake it. A wake-up that comes while the thread runs is kept for its next sleep.
final class LedgerBell: @unchecked Sendable {
    // SAFETY: the word lives as long as `self` and is only touched by the atomic operations of `buckler_park_*`.
    private let word: UnsafeMutablePointer<UInt32>

    init() {
        word = .allocate(capacity: 1)
        word.initialize(to: UInt32(BUCKLER_PARK_EMPTY))
    }

    deinit { word.deallocate() }

    /// From any thread. A system call only if the other one sleeps.
    func ring() { buckler_park_post(word) }

    /// From the owning thread only. Returns when rung, or when the clock reaches `until`.
    func wait(until: MonotonicTime?) { _ = buckler_park_sleep(word, until?.nanoseconds ?? .max) }
}

/// A thread of the ledger's own: it waits for disks and programs, which no event loop and no pool may.
struct LedgerThread: @unchecked Sendable {
    // SAFETY: a thread's name is a number that any thread may use; it is joined once, by whoever has this value.
    private let thread: pthread_t

    private final class Start {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    init(name: String, body: @escaping @Sendable () -> Void) throws(LedgerFailure) {
        // SAFETY: let go of by the thread, or below if there comes to be none.
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        var thread = pthread_t()
        guard pthread_create(&thread, nil, Self.main, start.toOpaque()) == 0 else {
            // SAFETY: no thread came to be that could take what was retained for it.
            start.release()
            throw LedgerFailure("the system has no thread to give")
        }
        self.thread = thread
    }

    /// Waits for its end. Once.
    func join() { pthread_join(thread, nil) }

    private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        guard let context else { return nil }
        // SAFETY: `context` is what `init` retained for exactly this call.
        let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
        buckler_thread_begin(start.name)
        start.body()
        return nil
    }
}

// SPDX-License-Identifier: Apache-2.0
private import CLinux
import Inference
private import Synchronization

/// Where one thread waits and others wake it. A wake-up that comes while the thread runs is kept for its next wait.
final class Parker: @unchecked Sendable {
    // SAFETY: the word lives as long as `self` and is only touched by the atomic operations of `buckler_park_*`.
    private let word: UnsafeMutablePointer<UInt32>
    private let wokenAt = Atomic<UInt64>(0)

    init() {
        word = .allocate(capacity: 1)
        word.initialize(to: UInt32(BUCKLER_PARK_EMPTY))
    }

    deinit { word.deallocate() }

    /// From any thread. Costs a system call only if the waiting thread really sleeps.
    /// - Parameter time: about now; it tells the waiting thread how long its wait was.
    func wake(at time: MonotonicTime) {
        wokenAt.store(time.nanoseconds, ordering: .relaxed)
        buckler_park_post(word)
    }

    /// From the owning thread only. Returns when woken, or when the clock reaches `until`.
    func wait(until: MonotonicTime?, spin: inout SpinBudget) {
        let began = MonotonicTime.now()
        if buckler_park_take(word) || spinUntilWoken(began: began, until: until, nanoseconds: spin.nanoseconds) {
            let woken = MonotonicTime(nanoseconds: wokenAt.load(ordering: .relaxed))
            spin.waited(nanoseconds: woken.nanoseconds(since: began))
            return
        }
        if buckler_park_sleep(word, until?.nanoseconds ?? .max) {
            let woken = MonotonicTime(nanoseconds: wokenAt.load(ordering: .relaxed))
            spin.waited(nanoseconds: woken.nanoseconds(since: began))
        } else {
            spin.waited(nanoseconds: .max)
        }
    }

    /// From the owning thread only, without ever spinning.
    func wait(until: MonotonicTime? = nil) {
        _ = buckler_park_sleep(word, until?.nanoseconds ?? .max)
    }

    private func spinUntilWoken(began: MonotonicTime, until: MonotonicTime?, nanoseconds: UInt64) -> Bool {
        guard nanoseconds > 0 else { return false }
        let end = min(began.advanced(byNanoseconds: nanoseconds), until ?? MonotonicTime(nanoseconds: .max))
        repeat {
            for _ in 0..<16 {
                if buckler_park_take(word) { return true }
                buckler_cpu_relax()
            }
        } while MonotonicTime.now() < end
        return false
    }
}

// SPDX-License-Identifier: Apache-2.0
private import Synchronization

/// Does something once all of several things are over.
final class Countdown: Sendable {
    private let left: Mutex<Int>
    private let then: @Sendable () -> Void

    init(_ count: Int, then: @escaping @Sendable () -> Void) {
        left = Mutex(count)
        self.then = then
        if count == 0 { then() }
    }

    func oneIsOver() {
        let isLast = left.withLock { left in
            left -= 1
            return left == 0
        }
        if isLast { then() }
    }
}

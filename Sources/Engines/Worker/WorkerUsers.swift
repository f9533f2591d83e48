// SPDX-License-Identifier: Apache-2.0
private import Synchronization

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// The users that root gives its workers: each one of its own, so that none can touch another's.
final class WorkerUsers: Sendable {
    static let shared = WorkerUsers(range: 62_000..<64_000, startingAt: Int(getpid()))

    private struct State {
        var next: Int
        var taken: Set<UInt32> = []
    }

    private let range: Range<UInt32>
    private let state: Mutex<State>

    /// - Parameter start: of any size; two servers on a host should not have the same.
    init(range: Range<UInt32>, startingAt start: Int) {
        self.range = range
        state = Mutex(State(next: start % range.count))
    }

    /// - Returns: `nil` if all are taken.
    func take() -> UInt32? {
        state.withLock { state in
            for _ in range {
                let user = range.lowerBound + UInt32(state.next)
                state.next = (state.next + 1) % range.count
                if state.taken.insert(user).inserted { return user }
            }
            return nil
        }
    }

    func giveBack(_ user: UInt32) { _ = state.withLock { $0.taken.remove(user) } }
}

// SPDX-License-Identifier: Apache-2.0
private import Synchronization

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// The users that root gives its workers: each one of its own, so that none can touch another's. Other servers of this
/// host do the same: who has a user holds an abstract socket of its name, which goes when the server does.
final class WorkerUsers: Sendable {
    static let shared = WorkerUsers(range: 62_000..<64_000, startingAt: Int(getpid()))

    private struct State {
        var next: Int
        /// With the socket that says so.
        var taken: [UInt32: Int32] = [:]
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
                guard state.taken[user] == nil, let claim = Self.claim(user) else { continue }
                state.taken[user] = claim
                return user
            }
            return nil
        }
    }

    func giveBack(_ user: UInt32) {
        let claim = state.withLock { $0.taken.removeValue(forKey: user) }
        if let claim { close(claim) }
    }

    /// - Returns: a descriptor; `nil` if another server has the user, or somebody says so.
    private static func claim(_ user: UInt32) -> Int32? {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array("\u{0}buckler-worker-user-\(user)".utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard result == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }
}

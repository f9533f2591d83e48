// SPDX-License-Identifier: Apache-2.0
private import Synchronization

/// What a caller's credential rests on besides itself, as a token does on the key that it is signed with. Whoever was let
/// in by it goes out with it.
package final class Warrant: Sendable {
    private let withdrawn = Atomic(false)

    package init() {}

    package var isWithdrawn: Bool { withdrawn.load(ordering: .relaxed) }

    /// For good: what comes back later is another warrant.
    package func withdraw() { withdrawn.store(true, ordering: .relaxed) }
}

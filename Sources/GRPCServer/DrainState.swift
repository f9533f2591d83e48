// SPDX-License-Identifier: Apache-2.0
private import Synchronization

/// Whether the listener is on its way out: what was begun is finished, and no message begins anything more. It comes
/// after readiness has ended and load balancers have had time to notice.
package final class DrainState: Sendable {
    private let hasBegun = Atomic<Bool>(false)

    package init() {}

    package var isDraining: Bool { hasBegun.load(ordering: .relaxed) }

    package func begin() { hasBegun.store(true, ordering: .relaxed) }
}

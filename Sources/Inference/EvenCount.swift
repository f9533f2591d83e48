// SPDX-License-Identifier: Apache-2.0

/// What several have waiting together if of none more is counted than of the one with the second most.
package struct EvenCount {
    private var all = 0
    private var most = 0
    private var second = 0

    package init() {}

    /// It only grows with each that is added.
    package var count: Int { all - (most - second) }

    package mutating func add(_ waiting: Int) {
        all += waiting
        second = max(second, min(most, waiting))
        most = max(most, waiting)
    }
}

// SPDX-License-Identifier: Apache-2.0

/// What the parts of one inspection share.
struct InspectionContext {
    let limits: InspectionLimits
    /// How many files this one is within.
    let depth: Int
    let budget: Budget

    /// What may still be spent on the file as a whole.
    final class Budget {
        var unpackedBytes: Int
        var checkedBytes: Int
        /// Files of archives that may still be looked into, all levels together.
        var members: Int
        /// Instructions of pickles that may still be followed, all levels together.
        var pickleOperations: Int

        init(_ limits: InspectionLimits) {
            unpackedBytes = limits.unpackedBytes
            checkedBytes = limits.checkedBytes
            members = limits.members
            pickleOperations = limits.pickleOperations
        }
    }

    init(_ limits: InspectionLimits) {
        self.limits = limits
        depth = 0
        budget = Budget(limits)
    }

    private init(within outer: InspectionContext) {
        limits = outer.limits
        depth = outer.depth + 1
        budget = outer.budget
    }

    /// For a file within this one; `nil` if there are too many levels already.
    var inner: InspectionContext? { depth < limits.depth ? InspectionContext(within: self) : nil }
}

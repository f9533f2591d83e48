// SPDX-License-Identifier: Apache-2.0

/// Names that must differ from each other; a set once there are enough for one to be worth it.
package struct NameSet {
    private var few: [String] = []
    private var many: Set<String> = []

    package init() {}

    /// - Returns: `false` if `name` was there already.
    package mutating func insert(_ name: String) -> Bool {
        if many.isEmpty {
            if few.contains(name) { return false }
            few.append(name)
            if few.count > 8 { many = Set(few) }
            return true
        }
        return many.insert(name).inserted
    }
}

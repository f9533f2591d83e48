// SPDX-License-Identifier: Apache-2.0

/// Finds the name that someone probably meant.
package enum Suggestion {
    /// Longer input is a paste, not a slip, and would cost its square.
    private static let longestConsidered = 64

    /// The nearest of `candidates`, if it is near enough to be worth saying.
    package static func nearest(to typed: String, among candidates: some Sequence<String>) -> String? {
        guard typed.count <= longestConsidered else { return nil }
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let found = distance(Array(typed.lowercased().utf8), Array(candidate.utf8))
            if found < best?.distance ?? .max { best = (candidate, found) }
        }
        guard let best, best.distance <= max(2, typed.count / 3), best.distance < typed.count else { return nil }
        return best.name
    }

    /// Insertions, removals, replacements and swaps of neighbours that turn `left` into `right`.
    static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                let replaced = previous[column] + (left[row] == right[column] ? 0 : 1)
                var cost = min(replaced, previous[column + 1] + 1, current[column] + 1)
                let isSwap = row > 0 && column > 0 && left[row] == right[column - 1] && left[row - 1] == right[column]
                if isSwap { cost = min(cost, beforePrevious[column - 1] + 1) }
                current.append(cost)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[right.count]
    }
}

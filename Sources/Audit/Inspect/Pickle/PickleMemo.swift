// SPDX-License-Identifier: Apache-2.0

/// What a pickle's machine keeps aside by number. A number may be written so that only an unpickler can tell it: from
/// then on, something may be anywhere.
struct PickleMemo {
    static let limit = 1 << 20

    private var values: [Int: PickleValue] = [:]
    private var isUncertain = false

    var count: Int { values.count }

    /// - Parameter index: `nil` if it cannot be told.
    /// - Returns: `nil` if there is nothing.
    subscript(index: Int?) -> PickleValue? {
        guard let index else { return .other("value") }
        return values[index] ?? (isUncertain ? .other("value") : nil)
    }

    /// - Returns: whether there was room.
    mutating func put(_ value: PickleValue, at index: Int?) -> Bool {
        guard let index else {
            isUncertain = true
            return true
        }
        guard values.count < Self.limit || values[index] != nil else { return false }
        values[index] = value
        return true
    }
}

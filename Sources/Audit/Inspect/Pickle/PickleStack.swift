// SPDX-License-Identifier: Apache-2.0

/// The stack that a pickle's instructions work on: nothing below the last mark is taken but by what takes the mark.
struct PickleStack {
    /// Writers of pickles put a long list on the stack a thousand items at a time.
    static let limit = 1 << 17

    private var values: [PickleValue] = []
    private var marks: [Int] = []

    private var countAboveMark: Int { values.count - (marks.last ?? 0) }

    mutating func mark(_ offset: Int) throws(InspectionFault) {
        guard marks.count < Self.limit else { throw .bound("nests too many marks", at: offset) }
        marks.append(values.count)
    }

    mutating func push(_ value: PickleValue, _ offset: Int) throws(InspectionFault) {
        guard values.count < Self.limit else {
            throw .bound("puts more than \(Self.limit) values on its stack", at: offset)
        }
        values.append(value)
    }

    mutating func pop(_ offset: Int) throws(InspectionFault) -> PickleValue {
        guard countAboveMark > 0, let value = values.popLast() else { throw Self.underflow(offset) }
        return value
    }

    func top(_ offset: Int) throws(InspectionFault) -> PickleValue {
        guard countAboveMark > 0, let value = values.last else { throw Self.underflow(offset) }
        return value
    }

    mutating func replaceTop(_ value: PickleValue) {
        if !values.isEmpty { values[values.count - 1] = value }
    }

    /// The mark itself goes where nothing lies on it.
    mutating func popValueOrMark(_ offset: Int) throws(InspectionFault) {
        if countAboveMark > 0 {
            values.removeLast()
        } else if marks.popLast() == nil {
            throw Self.underflow(offset)
        }
    }

    /// Everything above the last mark, and the mark.
    mutating func popItems(_ offset: Int) throws(InspectionFault) -> [PickleValue] {
        guard let mark = marks.popLast(), mark <= values.count else { throw Self.underflow(offset) }
        return popLast(values.count - mark)
    }

    mutating func popItems(_ count: Int, _ offset: Int) throws(InspectionFault) -> [PickleValue] {
        guard countAboveMark >= count else { throw Self.underflow(offset) }
        return popLast(count)
    }

    /// A copy: a slice would make the stack copy itself when it changes.
    private mutating func popLast(_ count: Int) -> [PickleValue] {
        let items = Array(values.suffix(count))
        values.removeLast(items.count)
        return items
    }

    static func underflow(_ offset: Int) -> InspectionFault {
        InspectionFault("takes more from its stack than there is", at: offset)
    }
}

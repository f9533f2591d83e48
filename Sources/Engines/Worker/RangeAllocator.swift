// SPDX-License-Identifier: Apache-2.0

/// Which bytes of one area are in use. Kept by the server alone: nothing that a worker writes changes it.
///
/// Ranges begin at multiples of 64 and are multiples of 64 long.
struct RangeAllocator: Sendable {
    let count: Int
    /// Ascending, apart from each other.
    private var free: [Range<Int>]
    private var used: [Int: Int] = [:]

    /// - Parameter count: a multiple of 64.
    init(count: Int) {
        precondition(count >= 0 && count % WorkerProtocol.alignment == 0, "an area is made of whole lines")
        self.count = count
        free = count > 0 ? [0..<count] : []
    }

    var isUnused: Bool { used.isEmpty }

    /// - Returns: where a range of at least `bytes` begins, the first that fits; `nil` if none does.
    mutating func reserve(_ bytes: Int) -> Int? {
        guard bytes >= 0, let length = WorkerProtocol.aligned(max(bytes, 1)) else { return nil }
        guard let index = free.firstIndex(where: { $0.count >= length }) else { return nil }
        let start = free[index].lowerBound
        if free[index].count == length {
            free.remove(at: index)
        } else {
            free[index] = start + length..<free[index].upperBound
        }
        used[start] = length
        return start
    }

    /// - Returns: `false` if no range in use begins at `start`.
    mutating func release(_ start: Int) -> Bool {
        guard let length = used.removeValue(forKey: start) else { return false }
        var range = start..<start + length
        var index = free.firstIndex { $0.lowerBound > start } ?? free.count
        if index < free.count, free[index].lowerBound == range.upperBound {
            range = range.lowerBound..<free.remove(at: index).upperBound
        }
        if index > 0, free[index - 1].upperBound == range.lowerBound {
            index -= 1
            range = free.remove(at: index).lowerBound..<range.upperBound
        }
        free.insert(range, at: index)
        return true
    }
}

/// The areas of one use, and which bytes of them are.
struct AreaRanges: Sendable {
    enum Reservation: Equatable {
        case span(AreaSpan)
        /// Add an area of so many bytes and ask again.
        case needsArea(bytes: Int)
        case refused
    }

    /// Of all areas together.
    let byteLimit: Int
    private let smallest: Int
    /// What may be asked for at once. An area for more than ``largestStep`` has room for that: areas cannot be given up, and
    /// a row of ever larger ones would use up all bytes before the largest.
    private let most: Int
    private(set) var areas: [RangeAllocator] = []

    static let smallestArea = 1 << 20
    /// Beyond this, areas grow no faster than what is asked for.
    static let largestStep = 256 << 20

    init(byteLimit: Int, smallest: Int = smallestArea, most: Int = 0) {
        self.byteLimit = byteLimit
        self.most = most
        self.smallest = smallest
    }

    var totalBytes: Int { areas.reduce(0) { $0 + $1.count } }

    mutating func reserve(_ bytes: Int) -> Reservation {
        for index in areas.indices {
            if let offset = areas[index].reserve(bytes) {
                return .span(AreaSpan(area: UInt32(index), offset: offset, length: bytes))
            }
        }
        guard areas.count < WorkerProtocol.areaCount, let needed = WorkerProtocol.aligned(max(bytes, 1)) else {
            return .refused
        }
        let left = byteLimit - totalBytes
        guard needed <= left else { return .refused }
        let step = min((areas.map(\.count).max() ?? 0) * 2, Self.largestStep)
        let whole = needed > Self.largestStep ? WorkerProtocol.aligned(most) ?? 0 : 0
        return .needsArea(bytes: min(max(needed, step, smallest, whole), left) & ~(WorkerProtocol.alignment - 1))
    }

    mutating func addArea(bytes: Int) { areas.append(RangeAllocator(count: bytes)) }

    /// - Returns: `false` if it is not in use.
    mutating func release(_ span: AreaSpan) -> Bool {
        guard areas.indices.contains(Int(span.area)) else { return false }
        return areas[Int(span.area)].release(span.offset)
    }
}

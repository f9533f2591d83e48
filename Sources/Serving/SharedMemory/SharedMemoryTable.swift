// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// Which regions there are, who uses them, and which are on their way out.
///
/// A region is *registered*, then *leaving* from the moment that someone unregisters it until the last request that uses
/// it has ended. A leaving region is closed to new requests, and its name is not free yet.
struct SharedMemoryTable<Object: Sendable, Waiter: Sendable>: Sendable {
    /// A slice of a region, found and checked.
    struct Placement: Sendable {
        var object: Object
        /// From the beginning of the object.
        var offset: UInt64
        var byteSize: UInt64

        var range: Range<UInt64> { offset..<(offset + byteSize) }
    }

    private struct Entry {
        var region: SharedMemoryRegion
        var object: Object
        var users = 0
        var isLeaving = false
        var waiters: [Waiter] = []
    }

    private var entries: [String: Entry] = [:]
    private let limit: Int

    /// - Parameter limit: regions that there may be at once, leaving ones included.
    init(limit: Int) { self.limit = limit }

    /// Registered, sorted by name.
    var regions: [SharedMemoryRegion] {
        entries.values.filter { !$0.isLeaving }.map(\.region).sorted { $0.name < $1.name }
    }

    func region(named name: String) -> SharedMemoryRegion? {
        entries[name].flatMap { $0.isLeaving ? nil : $0.region }
    }

    func checkVacancy(for name: String) throws(ServingError) {
        if let entry = entries[name] {
            let text =
                entry.isLeaving
                ? "shared memory region '\(name)' is being unregistered: requests in flight still use it"
                : "shared memory region '\(name)' already in manager"
            throw ServingError(.alreadyExists, text)
        }
        guard entries.count < limit else {
            throw ServingError(
                .resourceExhausted,
                "cannot register shared memory region '\(name)': there are \(limit) already, which is the maximum"
            )
        }
    }

    mutating func register(_ region: SharedMemoryRegion, object: Object) throws(ServingError) {
        try checkVacancy(for: region.name)
        entries[region.name] = Entry(region: region, object: object)
    }

    /// Counts a user for each slice's region: all of them, or none if one cannot be had.
    mutating func lease(_ slices: [SharedMemorySlice]) throws(ServingError) -> [Placement] {
        var placements: [Placement] = []
        placements.reserveCapacity(slices.count)
        for slice in slices { placements.append(try placement(of: slice)) }
        for slice in slices { entries[slice.region]?.users += 1 }
        return placements
    }

    private func placement(of slice: SharedMemorySlice) throws(ServingError) -> Placement {
        guard let entry = entries[slice.region], !entry.isLeaving else {
            throw ServingError(.notFound, "Unable to find shared memory region: '\(slice.region)'")
        }
        let region = entry.region
        guard slice.offset <= region.byteSize else {
            throw ServingError(.invalidArgument, "Invalid offset for shared memory region: '\(slice.region)'")
        }
        guard slice.byteSize <= region.byteSize - slice.offset else {
            throw ServingError(
                .invalidArgument,
                "Invalid offset + byte size for shared memory region: '\(slice.region)'"
            )
        }
        return Placement(object: entry.object, offset: region.offset + slice.offset, byteSize: slice.byteSize)
    }

    /// One user less for each name.
    /// - Returns: those who waited for regions that are gone now.
    mutating func release(_ names: [String]) -> [Waiter] {
        var woken: [Waiter] = []
        for name in names {
            guard let users = entries[name]?.users else { continue }
            entries[name]?.users = users - 1
            woken += removeIfDone(name)
        }
        return woken
    }

    /// - Parameter name: `nil` for all.
    /// - Returns: the names that requests in flight still use.
    mutating func unregister(_ name: String?) -> [String] {
        let names = name.map { [$0] } ?? Array(entries.keys)
        for name in names {
            entries[name]?.isLeaving = true
            _ = removeIfDone(name)
        }
        return names.filter { entries[$0] != nil }
    }

    /// - Returns: `false` if there is nothing to wait for.
    mutating func wait(for name: String, _ waiter: Waiter) -> Bool {
        guard entries[name]?.isLeaving == true else { return false }
        entries[name]?.waiters.append(waiter)
        return true
    }

    private mutating func removeIfDone(_ name: String) -> [Waiter] {
        guard let entry = entries[name], entry.isLeaving, entry.users == 0 else { return [] }
        entries[name] = nil
        return entry.waiters
    }
}

extension SharedMemoryTable.Placement where Object == SharedMemoryObject {
    /// The positions of two placements that share a byte; `nil` if none do.
    static func overlap(in placements: [Self]) -> (Int, Int)? {
        guard placements.count > 1 else { return nil }
        let byObject = Dictionary(grouping: placements.indices.filter { placements[$0].byteSize > 0 }) {
            placements[$0].object.identity
        }
        for indices in byObject.values {
            let sorted = indices.sorted { placements[$0].offset < placements[$1].offset }
            for (left, right) in zip(sorted, sorted.dropFirst())
            where placements[left].range.overlaps(placements[right].range) {
                return (min(left, right), max(left, right))
            }
        }
        return nil
    }
}

// SPDX-License-Identifier: Apache-2.0

/// A table of bounded size that forgets what was not used for longest. A value; each step takes constant time.
struct RecencyTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        var key: Key
        var value: Value
        /// Neighbours in the order of last use; -1 at the ends.
        var newer = -1
        var older = -1
    }

    let capacity: Int
    private var places: [Key: Int] = [:]
    private var entries: [Entry] = []
    private var newest = -1
    private var oldest = -1

    init(capacity: Int) {
        precondition(capacity > 0, "a table without room")
        self.capacity = capacity
    }

    var count: Int { entries.count }
    var indices: Range<Int> { entries.indices }

    /// What is at a place. Places stay as they are until their entry is forgotten.
    subscript(place: Int) -> Value {
        get { entries[place].value }
        set { entries[place].value = newValue }
    }

    func key(at place: Int) -> Key { entries[place].key }

    /// Does not count as use.
    func place(of key: Key) -> Int? { places[key] }

    /// Makes it the one that was used last.
    mutating func use(_ place: Int) {
        guard place != newest else { return }
        unlink(place)
        linkAsNewest(place)
    }

    /// Adds a key that is not there, as the one that was used last.
    /// - Returns: its place, and what was forgotten for it.
    mutating func add(_ key: Key, _ value: Value) -> (place: Int, forgotten: Value?) {
        precondition(places[key] == nil, "the key is there")
        var entry = Entry(key: key, value: value)
        guard entries.count == capacity else {
            let place = entries.count
            entries.append(entry)
            places[key] = place
            linkAsNewest(place)
            return (place, nil)
        }
        let place = oldest
        unlink(place)
        places[entries[place].key] = nil
        swap(&entries[place], &entry)
        places[key] = place
        linkAsNewest(place)
        return (place, entry.value)
    }

    mutating func removeAll() {
        places.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
        newest = -1
        oldest = -1
    }

    private mutating func unlink(_ place: Int) {
        let (newer, older) = (entries[place].newer, entries[place].older)
        if newer >= 0 { entries[newer].older = older } else { newest = older }
        if older >= 0 { entries[older].newer = newer } else { oldest = newer }
    }

    private mutating func linkAsNewest(_ place: Int) {
        entries[place].newer = -1
        entries[place].older = newest
        if newest >= 0 { entries[newest].newer = place } else { oldest = place }
        newest = place
    }
}

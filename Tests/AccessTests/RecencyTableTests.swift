// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Access

@Suite struct RecencyTableTests {
    @Test("forgets what was not used for longest, and only when it is full", arguments: [1, 2, 3])
    func eviction(capacity: Int) {
        var table = RecencyTable<Int, String>(capacity: capacity)
        for key in 0..<capacity { #expect(table.add(key, "\(key)").forgotten == nil) }
        #expect(table.count == capacity)
        #expect(table.add(capacity, "new").forgotten == "0")
        #expect(table.count == capacity)
        #expect(table.place(of: 0) == nil)
        #expect(table.place(of: capacity).map { table[$0] } == "new")
    }

    @Test("does as a list does that is searched, over many random steps", arguments: [1, 2, 7, 64])
    func model(capacity: Int) {
        var random = SplitMix64(seed: UInt64(capacity))
        var table = RecencyTable<UInt8, Int>(capacity: capacity)
        var list: [(key: UInt8, value: Int)] = []  // the one that was used last stands last
        for step in 0..<20_000 {
            let key = UInt8.random(in: 0..<100, using: &random)
            let known = list.firstIndex { $0.key == key }
            #expect((table.place(of: key) != nil) == (known != nil))
            if let known, let place = table.place(of: key) {
                #expect(table[place] == list[known].value && table.key(at: place) == key)
                table.use(place)
                table[place] = step
                list.remove(at: known)
            } else {
                let forgotten = list.count == capacity ? list.removeFirst().value : nil
                #expect(table.add(key, step).forgotten == forgotten)
            }
            list.append((key, step))
            if step % 5000 == 4999 {
                table.removeAll()
                list.removeAll()
            }
            #expect(table.count == list.count)
        }
    }
}

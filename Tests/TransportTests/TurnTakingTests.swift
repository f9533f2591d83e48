// SPDX-License-Identifier: Apache-2.0
import Testing
import Transport

@Suite("Turns at long work") struct TurnTakingTests {
    @Test("go round among those who have something waiting")
    func turns() {
        var turns = TurnTaking<String, String>()
        for index in 1...4 { turns.add("a\(index)", of: "a") }
        turns.add("b1", of: "b")
        #expect(turns.next() == "a1")
        turns.add("c1", of: "c")
        turns.add("b2", of: "b")
        var order: [String] = []
        while let job = turns.next() { order.append(job) }
        #expect(order == ["b1", "a2", "c1", "b2", "a3", "a4"])
        #expect(turns.next() == nil)
    }
}

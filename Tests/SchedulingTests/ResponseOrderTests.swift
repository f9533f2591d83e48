// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Scheduling

// `#expect` cannot call mutating members, but it can pass what they belong to.
private func arrive(_ order: inout ResponseOrder<String>, _ answer: String, ticket: UInt64, isEnd: Bool) -> Bool {
    order.arrived(answer, ticket: ticket, isEnd: isEnd)
}

private func next(_ order: inout ResponseOrder<String>) -> [String]? { order.nextToDeliver() }

private func arm(_ table: inout TimerTable<String>, _ key: String, at time: MonotonicTime) -> Bool {
    table.arm(key, at: time)
}

private func due(_ table: inout TimerTable<String>, now: MonotonicTime) -> [String] { table.takeDue(now: now) }

@Suite struct ResponseOrderTests {
    @Test func answersWaitForSmallerTickets() {
        var order = ResponseOrder<String>()
        #expect(!arrive(&order, "c", ticket: 2, isEnd: true))
        #expect(!arrive(&order, "b", ticket: 1, isEnd: true))
        #expect(arrive(&order, "a", ticket: 0, isEnd: true))
        #expect(next(&order) == ["a", "b", "c"])
        #expect(next(&order) == nil)
        #expect(arrive(&order, "d", ticket: 3, isEnd: true))
        #expect(next(&order) == ["d"])
    }

    @Test func onlyOneDelivers() {
        var order = ResponseOrder<String>()
        #expect(arrive(&order, "a", ticket: 0, isEnd: true))
        #expect(!arrive(&order, "b", ticket: 1, isEnd: true))
        #expect(next(&order) == ["a", "b"])
        #expect(!arrive(&order, "c", ticket: 2, isEnd: true))
        #expect(next(&order) == ["c"])
        #expect(next(&order) == nil)
    }

    @Test func theFirstMayStream() {
        var order = ResponseOrder<String>()
        #expect(!arrive(&order, "b1", ticket: 1, isEnd: false))
        #expect(arrive(&order, "a1", ticket: 0, isEnd: false))
        #expect(next(&order) == ["a1"])
        #expect(next(&order) == nil)
        #expect(arrive(&order, "a2", ticket: 0, isEnd: true))
        #expect(next(&order) == ["a2", "b1"])
        #expect(next(&order) == nil)
        #expect(arrive(&order, "b2", ticket: 1, isEnd: true))
        #expect(next(&order) == ["b2"])
    }

    @Test func whatComesAfterTheEndIsIgnored() {
        var order = ResponseOrder<String>()
        #expect(arrive(&order, "a", ticket: 0, isEnd: true))
        #expect(next(&order) == ["a"])
        #expect(next(&order) == nil)
        #expect(!arrive(&order, "again", ticket: 0, isEnd: true))
        #expect(next(&order) == nil)
    }
}

@Suite struct TimerTableTests {
    @Test func theEarliestTimeWins() {
        var table = TimerTable<String>()
        #expect(arm(&table, "a", at: .at(50)))
        #expect(!arm(&table, "b", at: .at(60)))
        #expect(!arm(&table, "a", at: .at(70)))
        #expect(arm(&table, "b", at: .at(40)))
        #expect(due(&table, now: .at(39)).isEmpty)
        #expect(due(&table, now: .at(40)) == ["b"])
        #expect(table.next == .at(50))
        #expect(due(&table, now: .at(50)) == ["a"])
        #expect(table.next == nil)
    }
}

@Suite struct SpinBudgetTests {
    @Test func spinsOnlyWhileWaitsAreShort() {
        var budget = SpinBudget(limit: 1000)
        #expect(budget.nanoseconds == 1000)
        for _ in 0..<8 { budget.waited(nanoseconds: .max) }
        #expect(budget.nanoseconds == 0)
        for _ in 0..<8 { budget.waited(nanoseconds: 100) }
        #expect(budget.nanoseconds == 1000)
    }

    @Test func zeroNeverSpins() {
        var budget = SpinBudget(limit: 0)
        budget.waited(nanoseconds: 0)
        #expect(budget.nanoseconds == 0)
    }
}

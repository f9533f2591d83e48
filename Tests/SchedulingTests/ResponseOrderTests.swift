// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Scheduling

@Suite struct ResponseOrderTests {
    @Test func answersWaitForSmallerTickets() {
        var order = ResponseOrder<String>()
        #expect(!order.arrived("c", ticket: 2, isEnd: true))
        #expect(!order.arrived("b", ticket: 1, isEnd: true))
        #expect(order.arrived("a", ticket: 0, isEnd: true))
        #expect(order.nextToDeliver() == ["a", "b", "c"])
        #expect(order.nextToDeliver() == nil)
        #expect(order.arrived("d", ticket: 3, isEnd: true))
        #expect(order.nextToDeliver() == ["d"])
    }

    @Test func onlyOneDelivers() {
        var order = ResponseOrder<String>()
        #expect(order.arrived("a", ticket: 0, isEnd: true))
        #expect(!order.arrived("b", ticket: 1, isEnd: true))
        #expect(order.nextToDeliver() == ["a", "b"])
        #expect(!order.arrived("c", ticket: 2, isEnd: true))
        #expect(order.nextToDeliver() == ["c"])
        #expect(order.nextToDeliver() == nil)
    }

    @Test func theFirstMayStream() {
        var order = ResponseOrder<String>()
        #expect(!order.arrived("b1", ticket: 1, isEnd: false))
        #expect(order.arrived("a1", ticket: 0, isEnd: false))
        #expect(order.nextToDeliver() == ["a1"])
        #expect(order.nextToDeliver() == nil)
        #expect(order.arrived("a2", ticket: 0, isEnd: true))
        #expect(order.nextToDeliver() == ["a2", "b1"])
        #expect(order.nextToDeliver() == nil)
        #expect(order.arrived("b2", ticket: 1, isEnd: true))
        #expect(order.nextToDeliver() == ["b2"])
    }

    @Test func whatComesAfterTheEndIsIgnored() {
        var order = ResponseOrder<String>()
        #expect(order.arrived("a", ticket: 0, isEnd: true))
        #expect(order.nextToDeliver() == ["a"])
        #expect(order.nextToDeliver() == nil)
        #expect(!order.arrived("again", ticket: 0, isEnd: true))
        #expect(order.nextToDeliver() == nil)
    }
}

@Suite struct TimerTableTests {
    @Test func theEarliestTimeWins() {
        var table = TimerTable<String>()
        #expect(table.arm("a", at: .at(50)))
        #expect(!table.arm("b", at: .at(60)))
        #expect(!table.arm("a", at: .at(70)))
        #expect(table.arm("b", at: .at(40)))
        #expect(table.takeDue(now: .at(39)).isEmpty)
        #expect(table.takeDue(now: .at(40)) == ["b"])
        #expect(table.next == .at(50))
        #expect(table.takeDue(now: .at(50)) == ["a"])
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

// SPDX-License-Identifier: Apache-2.0
import Access
import Testing

@Suite struct FlightBudgetTests {
    @Test func bytesAreRefusedOnlyBeyondTheLimit() {
        var budget = FlightBudget(bytesLimit: 100, requestsLimit: 10)
        #expect(budget.admit(bytes: 60, isCounted: true) == nil)
        #expect(budget.admit(bytes: 41, isCounted: true) == .bytes)
        #expect(budget.requests == 1)
        #expect(budget.admit(bytes: 40, isCounted: true) == nil)
        #expect(budget.reserve(1) == .bytes)
        budget.release(bytes: 40, requests: 1)
        #expect(budget.reserve(1) == nil)
        #expect(budget.bytes == 61)
    }

    @Test func requestsAreRefusedOnlyBeyondTheLimit() {
        var budget = FlightBudget(bytesLimit: .max, requestsLimit: 2)
        #expect(budget.admit(bytes: 0, isCounted: true) == nil)
        #expect(budget.admit(bytes: 0, isCounted: true) == nil)
        #expect(budget.admit(bytes: 0, isCounted: true) == .requests)
        // However many there are of those that are not bounded, they take no room from those that are.
        for _ in 0..<10 { #expect(budget.admit(bytes: 0, isCounted: false) == nil) }
        #expect(budget.requests == budget.requestsLimit)
        budget.release(bytes: 0, requests: 0)
        #expect(budget.requests == budget.requestsLimit)
        budget.release(bytes: 0, requests: 1)
        #expect(budget.admit(bytes: 0, isCounted: true) == nil)
    }

    @Test func aHostileSizeCannotOverflow() {
        var budget = FlightBudget(bytesLimit: 1 << 30, requestsLimit: .max)
        #expect(budget.admit(bytes: 1, isCounted: true) == nil)
        #expect(budget.admit(bytes: .max, isCounted: true) == .bytes)
    }

    @Test(arguments: [(25, 16 << 30, 4 << 30), (0, 16 << 30, 0), (100, Int.max, Int.max), (250, 8, 8), (-1, 8, 0)])
    func aPercentageOfMemory(percent: Int, memory: Int, expected: Int) {
        #expect(FlightBudget.bytes(percent: percent, ofMemory: memory) == expected)
    }
}

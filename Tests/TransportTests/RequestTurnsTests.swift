// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing
import Transport

@Suite struct RequestTurnsTests {
    private let greedy = Principal(name: "greedy")
    private let modest = Principal(name: "modest")

    @Test func oneCallerAloneNeverWaits() {
        var turns = RequestTurns<Int>()
        expectAll(true, (0..<1000).map { _ in turns.arrived(of: greedy) })
    }

    @Test func severalTakeTurnsUntilOneIsAloneAgain() {
        var turns = RequestTurns<Int>()
        expectAll(true, [turns.arrived(of: greedy)])
        expectAll(false, (0..<RequestTurns<Int>.patience).map { _ in turns.arrived(of: modest) })
        expectAll(true, [turns.arrived(of: modest)])
    }

    @Test func nobodyOvertakesWhatWaits() {
        var turns = RequestTurns<Int>()
        expectAll(true, [turns.arrived(of: greedy)])
        for number in 1..<200 {
            expectAll(false, [turns.arrived(of: modest)])
            turns.wait(number, of: modest)
        }
        let begun = (1..<200).map { _ in turns.next() }
        #expect(begun == Array(1..<200))
        expectAll(true, [turns.isEmpty, turns.next() == nil, turns.arrived(of: modest)])
    }

    private func expectAll(_ value: Bool, _ found: [Bool]) {
        #expect(found.allSatisfy { $0 == value })
    }

    @Test(arguments: [(0, 4), (1, 4), (3, 6), (20, 40), (50, 64)])
    func aTurnHasNoMoreOfOneThanOfTheOther(modestCount: Int, count: Int) {
        var turns = RequestTurns<Principal>()
        for _ in 0..<100 { turns.wait(greedy, of: greedy) }
        for _ in 0..<modestCount { turns.wait(modest, of: modest) }
        #expect(turns.count >= count && turns.count <= max(count, 2 * modestCount))
        var begun: [Principal: Int] = [:]
        for _ in 0..<turns.count {
            guard let next = turns.next() else { break }
            begun[next, default: 0] += 1
        }
        #expect(begun[modest, default: 0] == min(modestCount, begun[greedy, default: 0]))
    }
}

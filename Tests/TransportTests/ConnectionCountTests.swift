// SPDX-License-Identifier: Apache-2.0
import Synchronization
import Testing
import Transport

@Suite("Connections are counted") struct ConnectionCountTests {
    @Test(
        "by address, and by network where a host has many",
        arguments: [
            (["10.0.0.1", "10.0.0.1", "10.0.0.1"], [true, true, false]),
            (["10.0.0.1", "10.0.0.1", "10.0.0.2"], [true, true, true]),
            (["fd00::1", "fd00::2", "fd00:0:0:0:ffff::3"], [true, true, false]),
            (["fd00::1", "fd00::2", "fd00:0:0:1::1"], [true, true, true]),
            (["::ffff:10.0.0.1", "10.0.0.1", "10.0.0.1"], [true, true, false]),
        ]
    )
    func hosts(addresses: [String], areLetIn: [Bool]) {
        let connections = ConnectionCount(total: 10, perAddress: 2)
        let places = addresses.map { connections.opened(from: $0) {} }
        #expect(places.map { $0 != nil } == areLetIn)
        for place in places { place?.leave() }
        #expect(connections.open == 0)
        #expect(addresses.prefix(2).allSatisfy { connections.opened(from: $0, end: {}) != nil })
    }

    /// The numbers of those that a tally of eight places lets in, and whose place each got.
    private func tally(opening count: Int) -> (ConnectionTally, [ConnectionTally.Answer]) {
        var tally = ConnectionTally(total: 8, perAddress: 100)
        let answers = (0..<count).map { tally.opened(from: "10.0.0.\($0)") }
        return (tally, answers)
    }

    @Test("up to three quarters of the places nobody has to go, from there on whoever came first")
    func newcomersMakeRoom() {
        let (tally, answers) = tally(opening: 9)
        #expect(Array(answers.prefix(6)) == (1...6).map(ConnectionTally.Answer.admitted))
        #expect(Array(answers.dropFirst(6)) == (1...3).map { .admittedInPlace($0 + 6, of: $0) })
        #expect(tally.open == 6 && tally.replaced == 3 && tally.refused == 0)
    }

    @Test("who has proven something keeps his place, and all places can be had so")
    func theProvenStay() {
        var (tally, _) = tally(opening: 6)
        for id in [1, 2, 4, 5, 6] { tally.proved(id) }
        #expect(tally.opened(from: "b") == .admittedInPlace(7, of: 3))
        tally.proved(7)
        #expect(tally.opened(from: "b") == .admitted(8))
        tally.proved(8)
        #expect(tally.opened(from: "b") == .admitted(9))
        tally.proved(9)
        #expect(tally.open == 8 && tally.opened(from: "b") == .refused)
        tally.closed(1)
        #expect(tally.opened(from: "b") == .admitted(10))
        #expect(tally.opened(from: "b") == .admittedInPlace(11, of: 10))
    }

    @Test("a place that was given away is not given back a second time")
    func goneIsGone() {
        var (tally, _) = tally(opening: 7)
        tally.closed(1)
        tally.proved(1)
        #expect(tally.open == 6)
        for id in 2...7 { tally.closed(id) }
        #expect(tally.open == 0 && tally.opened(from: "a") == .admitted(8))
    }

    @Test("an address that has all it may have takes no one's place")
    func limitsOfAddressesComeFirst() {
        var tally = ConnectionTally(total: 4, perAddress: 3)
        for _ in 0..<3 { _ = tally.opened(from: "a") }
        #expect(tally.opened(from: "a") == .refused)
        #expect(tally.opened(from: "b") == .admittedInPlace(4, of: 1))
        #expect(tally.opened(from: "a") == .admittedInPlace(5, of: 2))
    }

    @Test("whoever has to go is told, once, and whoever has left is not")
    func ends() {
        let connections = ConnectionCount(total: 4, perAddress: 100)
        let ended = Mutex<[Int]>([])
        let places = (0..<8).map { number in
            connections.opened(from: "a") { ended.withLock { $0.append(number) } }
        }
        #expect(ended.withLock { $0 } == [0, 1, 2, 3, 4])
        #expect(places.allSatisfy { $0 != nil } && connections.open == 3)
        places[5]?.leave()
        places[6]?.prove()
        for _ in 0..<3 { _ = connections.opened(from: "b") {} }
        #expect(ended.withLock { $0 } == [0, 1, 2, 3, 4, 7])
    }
}

// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Access

@Suite("Fair shares") struct FairShareTests {
    func at(_ seconds: Double) -> MonotonicTime { MonotonicTime(nanoseconds: UInt64(seconds * 1e9)) }

    func refusal(_ body: () throws(FairShare.Refusal) -> Void) -> FairShare.Refusal? {
        do throws(FairShare.Refusal) {
            try body()
            return nil
        } catch { return error }
    }

    @Test("let one principal alone fill the server, and no more")
    func alone() throws {
        var shares = FairShare(limit: 64, contendedAt: 8)
        let tickets = try (0..<64).map { _ in try shares.admit("a", at: at(1)) }
        #expect(refusal { () throws(FairShare.Refusal) in _ = try shares.admit("a", at: at(1)) } == .full)
        for ticket in tickets { shares.release(ticket, at: at(1)) }
        #expect(shares.inFlight == 0)
    }

    @Test("hold the first back as soon as a second comes, who always finds room")
    func second() throws {
        var shares = FairShare(limit: 64, contendedAt: 8)
        let first = try (0..<20).map { _ in try shares.admit("a", at: at(1)) }
        let second = try (0..<4).map { _ in try shares.admit("b", at: at(1.01)) }
        #expect(refusal { () throws(FairShare.Refusal) in _ = try shares.admit("a", at: at(1.02)) } == .share)
        for ticket in first + second { shares.release(ticket, at: at(1.03)) }
        for _ in 0..<64 { _ = try shares.admit("a", at: at(10)) }
    }

    @Test("remember few of those who were refused or have gone")
    func memory() {
        var shares = FairShare(limit: 16, contendedAt: 8)
        for number in 0..<100_000 {
            let now = at(1 + Double(number) * 1e-4)
            if let ticket = try? shares.admit("\(number)", at: now) { shares.release(ticket, at: now) }
        }
        #expect(shares.count <= FairShare.idleLimit + 16)
        #expect(shares.inFlight == 0)
    }

    @Test("keep count over any sequence", arguments: 0..<8)
    func property(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var shares = FairShare(limit: 32, contendedAt: 12)
        var held: [(name: String, ticket: FairShare.Ticket)] = []
        var now = 1.0
        for _ in 0..<20_000 {
            now += .random(in: 0...0.01, using: &generator)
            if Bool.random(using: &generator), !held.isEmpty {
                let one = held.remove(at: .random(in: 0..<held.count, using: &generator))
                shares.release(one.ticket, at: at(now))
            } else {
                let name = "p\(Int.random(in: 0..<20, using: &generator))"
                do throws(FairShare.Refusal) {
                    held.append((name, try shares.admit(name, at: at(now))))
                } catch {
                    if error == .full { #expect(held.count == 32) }
                    // Nobody is refused a first place while there is one.
                    if error == .share { #expect(held.contains { $0.name == name }) }
                }
            }
            #expect(shares.inFlight == held.count)
        }
    }

    @Test(
        "give each of two principals 40 % of what is done, of whom one sends ten times as much",
        arguments: [
            // Connections that each send the next request as soon as they have an answer.
            Load(.closed(100), .closed(10)), Load(.closed(320), .closed(32)), Load(.closed(1000), .closed(100)),
            // Requests that come whatever the server answers; together more than it can do.
            Load(.open(10_000), .open(1000)), Load(.open(5000), .open(500)), Load(.open(20_000), .open(2000)),
            Load(.closed(100), .open(1000)), Load(.open(10_000), .closed(10)),
            // And a third who sends little, and gets all that he asks for.
            Load(.closed(100), .closed(10), .open(10)), Load(.open(10_000), .open(1000), .open(20)),
        ]
    )
    func simulation(load: Load) {
        var simulation = Simulation(load: load, isFair: true)
        let done = simulation.run()
        let total = Double(done[0] + done[1])
        #expect(Double(done[1]) / total >= 0.4, "\(done)")
        #expect(Double(done[0]) / total >= 0.4, "\(done)")
        // What is fair must not leave the server idle.
        #expect(Double(done.reduce(0, +)) >= 0.9 * Simulation.capacity * Simulation.seconds, "\(done)")
        if done.count > 2, case .open(let rate) = load.senders[2] {
            #expect(Double(done[2]) >= 0.85 * rate * Simulation.seconds, "\(done)")
        }
        var unfair = Simulation(load: load, isFair: false)
        let without = unfair.run()
        #expect(Double(min(without[0], without[1])) / Double(without[0] + without[1]) < 0.2, "\(without)")
    }
}

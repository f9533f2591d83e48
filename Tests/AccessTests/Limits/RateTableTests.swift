// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Access

@Suite("The table of rates") struct RateTableTests {
    let alice = RateSubject.principal("alice")

    func at(_ seconds: Double) -> MonotonicTime { MonotonicTime(nanoseconds: UInt64(seconds * 1e9)) }

    func refusal(_ body: () throws(RateRefusal) -> Void) -> RateRefusal? {
        do throws(RateRefusal) {
            try body()
            return nil
        } catch { return error }
    }

    @Test("holds each caller to his rate, and says in numbers what he reached")
    func requests() throws {
        var table = RateTable(seed: 1)
        let rule = RateRule(requestsPerSecond: 2, burst: 10)
        for _ in 0..<10 { table.release(try table.admit(alice, rule: rule, at: at(0))) }
        let reached = refusal { () throws(RateRefusal) in _ = try table.admit(alice, rule: rule, at: at(0)) }
        #expect(
            reached?.fields.map { "\($0.name): \($0.value)" } == [
                "Retry-After: 1", #"RateLimit-Policy: "requests";q=10;w=5"#, #"RateLimit: "requests";r=0;t=1"#,
                "RateLimit-Limit: 10", "RateLimit-Remaining: 0", "RateLimit-Reset: 1",
            ]
        )
        table.release(try table.admit(.principal("bob"), rule: rule, at: at(0)))
        table.release(try table.admit(.address(try #require(IPAddress("192.0.2.1"))), rule: rule, at: at(0)))
        table.release(try table.admit(alice, rule: rule, at: at(0.5)))
        #expect(refusal { () throws(RateRefusal) in _ = try table.admit(alice, rule: rule, at: at(0.5)) } != nil)
    }

    @Test("holds each caller to so many requests at once, at the limit and behind it")
    func concurrency() throws {
        var table = RateTable(seed: 1)
        let rule = RateRule(concurrentRequests: 3)
        let tickets = try (0..<3).map { _ in try table.admit(alice, rule: rule, at: at(0)) }
        let reached = refusal { () throws(RateRefusal) in _ = try table.admit(alice, rule: rule, at: at(0)) }
        #expect(reached?.limit == .concurrentRequests)
        #expect(reached?.fields[1].value == #""concurrent-requests";q=3;qu="concurrent-requests""#)
        table.release(tickets[0])
        _ = try table.admit(alice, rule: rule, at: at(0))
        #expect(refusal { () throws(RateRefusal) in _ = try table.admit(alice, rule: rule, at: at(0)) } != nil)
        _ = try table.admit(.principal("bob"), rule: rule, at: at(0))
    }

    @Test("does not charge for a request that it refuses for another reason")
    func noCharge() throws {
        var table = RateTable(seed: 1)
        let rule = RateRule(requestsPerSecond: 1, burst: 2, concurrentRequests: 1)
        let ticket = try table.admit(alice, rule: rule, at: at(0))
        for _ in 0..<5 {
            #expect(
                refusal { () throws(RateRefusal) in _ = try table.admit(alice, rule: rule, at: at(0)) }?.limit
                    == .concurrentRequests
            )
        }
        table.release(ticket)
        table.release(try table.admit(alice, rule: rule, at: at(0)))
        #expect(
            refusal { () throws(RateRefusal) in _ = try table.admit(alice, rule: rule, at: at(0)) }?.limit == .requests
        )
    }

    @Test("lets nobody in who has brought more than his bytes, until that is paid off")
    func bytes() throws {
        var table = RateTable(seed: 1)
        let rule = RateRule(bytesPerSecond: 1000)
        func come(at seconds: Double) throws(RateRefusal) {
            table.release(try table.admit(alice, rule: rule, at: at(seconds)))
        }
        try come(at: 0)
        table.charge(bytes: 1000, to: alice, rule: rule, at: at(0))
        try come(at: 0)
        table.charge(bytes: 2000, to: alice, rule: rule, at: at(0))
        let reached = refusal { () throws(RateRefusal) in try come(at: 0) }
        #expect(reached?.limit == .bytes)
        #expect(reached?.remaining == 0)
        #expect(reached?.retryAfterSeconds == 2)
        #expect(reached?.fields[1].value == #""bytes";q=1000;qu="content-bytes";w=1"#)
        #expect(refusal { () throws(RateRefusal) in try come(at: 1.9) }?.retryAfterSeconds == 1)
        try come(at: 2.1)
        table.release(try table.admit(.principal("bob"), rule: rule, at: at(0)))
    }

    @Test("holds each caller to so many requests at once on one model")
    func models() throws {
        var table = RateTable(concurrentRequestsPerModel: 2, seed: 1)
        let tickets = try (0..<4).map { _ in try table.admit(alice, rule: .unlimited, at: at(0)) }
        let bob = try table.admit(.principal("bob"), rule: .unlimited, at: at(0))
        try table.enter(model: "m", tickets[0])
        try table.enter(model: "m", tickets[1])
        #expect(
            refusal { () throws(RateRefusal) in try table.enter(model: "m", tickets[2]) }?.limit
                == .concurrentModelRequests
        )
        try table.enter(model: "n", tickets[2])
        try table.enter(model: "m", bob)
        table.leave(model: "m", tickets[0])
        try table.enter(model: "m", tickets[3])
    }

    @Test("keeps to its memory under a million distinct callers, and loses none with requests in flight")
    func flood() throws {
        var table = RateTable(capacity: 4096, seed: 1)
        let rule = RateRule(requestsPerSecond: 1, burst: 4, concurrentRequests: 2)
        let busy = try (0..<500).map { try table.admit(.principal("busy-\($0)"), rule: rule, at: at(0)) }
        for number in 0..<1_000_000 {
            let subject = RateSubject.principal("\(number)")
            table.release(try table.admit(subject, rule: rule, at: at(Double(number) * 1e-4)))
        }
        #expect(table.count == 4096)
        for (number, ticket) in busy.enumerated() {
            let again = try table.admit(.principal("busy-\(number)"), rule: rule, at: at(100))
            #expect(again == ticket)
            #expect(
                refusal { () throws(RateRefusal) in
                    _ = try table.admit(.principal("busy-\(number)"), rule: rule, at: at(100))
                }?.limit == .concurrentRequests
            )
            table.release(again)
            table.release(ticket)
        }
    }

    @Test("gives no attacker a fresh bucket for flooding it with other callers", arguments: 0..<4)
    func reset(seed: UInt64) {
        var table = RateTable(capacity: 256, seed: seed)
        let rule = RateRule(requestsPerSecond: 1, burst: 20)
        var admitted = 0
        var other = 0
        // Ten seconds, in which between any two tries there are enough others to fill the table twice.
        for step in 0..<200 {
            let now = at(Double(step) * 0.05)
            if let ticket = try? table.admit(alice, rule: rule, at: now) {
                admitted += 1
                table.release(ticket)
            }
            for _ in 0..<512 {
                other += 1
                if let ticket = try? table.admit(.principal("other-\(other)"), rule: rule, at: now) {
                    table.release(ticket)
                }
            }
        }
        // 20 at once and one a second. As long as he is no emptier than the others his place may be taken, and he has won
        // the one request that each of the hundreds of others had to spend for it; with the oldest evicted, it were 200.
        #expect((20...40).contains(admitted), "\(admitted)")
    }

    @Test("refuses newcomers when all its callers have requests in flight")
    func full() throws {
        var table = RateTable(capacity: 8, seed: 1)
        let tickets = try (0..<8).map { try table.admit(.principal("\($0)"), rule: .unlimited, at: at(0)) }
        let reached = refusal { () throws(RateRefusal) in _ = try table.admit(alice, rule: .unlimited, at: at(0)) }
        #expect(reached?.limit == .callers)
        #expect(reached?.fields.map(\.name) == ["Retry-After"])
        for ticket in tickets { table.release(ticket) }
        _ = try table.admit(alice, rule: .unlimited, at: at(0))
        #expect(table.count == 8)
    }

    @Test("says sane numbers for rules that are not", arguments: [0, -1, .nan, .infinity, 1e300] as [Double])
    func insane(number: Double) throws {
        var table = RateTable(seed: 1)
        let rule = RateRule(requestsPerSecond: number, burst: number, bytesPerSecond: number)
        for _ in 0..<3 {
            let reached = refusal { () throws(RateRefusal) in
                let ticket = try table.admit(alice, rule: rule, at: at(0))
                defer { table.release(ticket) }
                table.charge(bytes: .max, to: alice, rule: rule, at: at(0))
            }
            guard let reached else { continue }
            #expect((1...86_400).contains(reached.retryAfterSeconds))
            #expect(reached.quota >= 0 && reached.remaining >= 0 && reached.remaining <= reached.quota)
        }
    }
}

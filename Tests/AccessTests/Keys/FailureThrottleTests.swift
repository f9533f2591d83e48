// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Access

@Suite("A throttle of failures") struct FailureThrottleTests {
    private let here = IPAddress.network(of: "192.0.2.1")
    private let there = IPAddress.network(of: "192.0.2.2")

    private func at(_ seconds: Double) -> MonotonicTime { MonotonicTime(nanoseconds: UInt64(1e12 + seconds * 1e9)) }

    private func throttle(failures: Int, limit: Int = 8) -> FailureThrottle {
        var throttle = FailureThrottle(limit: limit)
        for _ in 0..<failures { throttle.failed(from: here, at: at(0)) }
        return throttle
    }

    @Test("lets an address fail nine times, and has it wait after the tenth")
    func threshold() {
        #expect(throttle(failures: 9).wait(for: here, at: at(0)) == nil)
        let throttle = throttle(failures: 10)
        #expect(throttle.wait(for: here, at: at(0)) == 1)
        #expect(throttle.wait(for: here, at: at(0.999)) == 1)
        #expect(throttle.wait(for: here, at: at(1)) == nil)
        #expect(throttle.wait(for: there, at: at(0)) == nil, "others do not wait")
    }

    @Test("doubles up to a minute")
    func exponential() {
        var throttle = throttle(failures: 10)
        var now = 1.0
        for wait in [2, 4, 8, 16, 32, 60, 60, 60] {
            throttle.failed(from: here, at: at(now))
            #expect(throttle.wait(for: here, at: at(now)) == wait)
            now += Double(wait)
            #expect(throttle.wait(for: here, at: at(now)) == nil)
        }
    }

    @Test("is not prolonged by failures during a wait")
    func during() {
        var throttle = throttle(failures: 10)
        for _ in 0..<1000 { throttle.failed(from: here, at: at(0.5)) }
        #expect(throttle.wait(for: here, at: at(0.5)) == 1)
        #expect(throttle.wait(for: here, at: at(1)) == nil)
        throttle.failed(from: here, at: at(1))
        #expect(throttle.wait(for: here, at: at(1)) == 2)
    }

    @Test("forgets after a minute without failures, and only then", arguments: [(60.9, 2), (61.0, nil)])
    func forgets(now: Double, wait: Int?) {
        var throttle = throttle(failures: 10)
        throttle.failed(from: here, at: at(now))
        #expect(throttle.wait(for: here, at: at(now)) == wait)
    }

    @Test("counts failures within a minute only", arguments: [(59.9, 1), (60.0, nil)])
    func window(now: Double, wait: Int?) {
        var throttle = throttle(failures: 9)
        throttle.failed(from: here, at: at(now))
        #expect(throttle.wait(for: here, at: at(now)) == wait)
    }

    @Test("remembers so many addresses and no more, those that failed last")
    func bounded() {
        var throttle = throttle(failures: 10, limit: 4)
        for host in 10..<13 { throttle.failed(from: IPAddress.network(of: "192.0.2.\(host)"), at: at(0)) }
        #expect(throttle.count == 4 && throttle.wait(for: here, at: at(0)) == 1)
        throttle.failed(from: IPAddress.network(of: "192.0.2.99"), at: at(0))
        #expect(throttle.count == 4 && throttle.wait(for: here, at: at(0)) == nil)
        for host in 0..<10_000 {
            throttle.failed(from: IPAddress.network(of: "10.\(host >> 16).\(host >> 8 & 255).\(host & 255)"), at: at(1))
        }
        #expect(throttle.count == 4)
        for _ in 0..<10 { throttle.failed(from: there, at: at(2)) }
        #expect(throttle.wait(for: there, at: at(2)) == 1)
    }

    @Test("need not be asked while nobody waits")
    func quiet() {
        #expect(FailureThrottle().isQuiet(at: at(0)))
        #expect(throttle(failures: 9).isQuiet(at: at(0)))
        #expect(!throttle(failures: 10).isQuiet(at: at(0.9)))
        #expect(throttle(failures: 10).isQuiet(at: at(1)))
    }

    @Test(
        "takes for one party what is one",
        arguments: [
            ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
            ("2001:db8::1", "2001:db8::ffff:1:2:3", true), ("2001:db8::1", "2001:db8:0:1::1", false),
            ("::ffff:192.0.2.1", "192.0.2.1", true), ("::ffff:192.0.2.1", "::ffff:192.0.2.2", false),
            ("fe80::1%eth0", "fe80::1", true), ("::c000:201", "192.0.2.1", false), ("", "unix", true),
            ("0.0.0.0", "", false), ("::", "", false), ("::", "0.0.0.0", false),
        ]
    )
    func groups(first: String, second: String, isOne: Bool) {
        #expect((IPAddress.network(of: first) == IPAddress.network(of: second)) == isOne)
    }
}

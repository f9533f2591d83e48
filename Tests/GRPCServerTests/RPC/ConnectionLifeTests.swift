// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing
import Transport

@testable import GRPCServer

@Suite("The life of a connection") struct ConnectionLifeTests {
    private static let second: UInt64 = 1_000_000_000

    private func time(_ seconds: Double) -> MonotonicTime {
        MonotonicTime(nanoseconds: 1000 * Self.second + UInt64(seconds * 1_000_000_000))
    }

    private func life(
        age: UInt64? = nil,
        _ configure: (inout ConnectionKeepalive) -> Void = { _ in }
    ) -> ConnectionLife {
        var keepalive = ConnectionKeepalive()
        configure(&keepalive)
        return ConnectionLife(keepalive: keepalive, ageNanoseconds: age, now: time(0))
    }

    @Test("ends if nothing comes in time")
    func silent() {
        var life = life()
        #expect(life.nextWake == time(10))
        #expect(life.timerFired(at: time(9.9)) == [])
        #expect(life.timerFired(at: time(10)) == [.close])
        #expect(life.nextWake == nil)
    }

    @Test("ends when it was idle long enough, and not while a call runs")
    func idle() {
        var life = life()
        life.received(at: time(1))
        life.callOpened()
        #expect(life.timerFired(at: time(500)) == [])
        life.callClosed(at: time(500))
        #expect(life.nextWake == time(575))
        #expect(life.timerFired(at: time(574.9)) == [])
        #expect(life.timerFired(at: time(575)) == [.announceGoAway, .ping(ConnectionLife.drainPing)])
    }

    @Test("drains in two steps and ends with its last call")
    func drain() {
        var life = life()
        life.received(at: time(1))
        life.callOpened()
        #expect(life.drain(at: time(2)) == [.announceGoAway, .ping(ConnectionLife.drainPing)])
        #expect(life.drain(at: time(2)) == [])
        #expect(life.pingAnswered(1) == [])
        #expect(!life.isDone)
        #expect(life.pingAnswered(ConnectionLife.drainPing) == [.goAway])
        #expect(life.pingAnswered(ConnectionLife.drainPing) == [])
        #expect(!life.isDone)
        life.callClosed(at: time(3))
        #expect(life.isDone)
    }

    @Test("drains although its ping is not answered")
    func drainWithoutAnswer() {
        var life = life()
        life.received(at: time(1))
        _ = life.drain(at: time(2))
        #expect(life.nextWake == time(3))
        #expect(life.timerFired(at: time(3)) == [.goAway])
        #expect(life.isDone)
    }

    @Test("has an age, and a grace after it")
    func age() {
        var life = life(age: 100 * Self.second) { $0.ageGraceNanoseconds = 5 * Self.second }
        life.received(at: time(1))
        life.callOpened()
        #expect(life.nextWake == time(100))
        #expect(life.timerFired(at: time(100)) == [.announceGoAway, .ping(ConnectionLife.drainPing)])
        #expect(life.pingAnswered(ConnectionLife.drainPing) == [.goAway])
        #expect(life.nextWake == time(105))
        #expect(life.timerFired(at: time(104.9)) == [])
        #expect(life.timerFired(at: time(105)) == [.close])
    }

    @Test("is pinged when it is silent, and ends if it stays so")
    func keepalive() {
        var life = life { keepalive in
            keepalive.pingNanoseconds = 20 * Self.second
            keepalive.pingTimeoutNanoseconds = 3 * Self.second
        }
        life.received(at: time(1))
        life.callOpened()
        #expect(life.nextWake == time(21))
        #expect(life.timerFired(at: time(21)) == [.ping(ConnectionLife.keepalivePing)])
        life.received(at: time(22))
        #expect(life.timerFired(at: time(42)) == [.ping(ConnectionLife.keepalivePing)])
        #expect(life.nextWake == time(45))
        #expect(life.timerFired(at: time(45)) == [.close])
    }

    @Test("is not pinged without calls or data unless that is allowed")
    func keepaliveLimits() {
        var idle = life { $0.pingNanoseconds = Self.second }
        idle.received(at: time(1))
        #expect(idle.timerFired(at: time(3)) == [])
        var permitted = life {
            $0.pingNanoseconds = Self.second
            $0.permitsWithoutCalls = true
        }
        permitted.received(at: time(1))
        #expect(permitted.timerFired(at: time(2)) == [.ping(ConnectionLife.keepalivePing)])

        var life = life { $0.pingNanoseconds = Self.second }
        life.received(at: time(0))
        life.callOpened()
        var pings = 0
        for second in 1...10 {
            pings += life.timerFired(at: time(Double(second) * 2)).count
            life.received(at: time(Double(second) * 2))
        }
        #expect(pings == 2)
        // It is looked after all the same: what is sent next allows the next ping.
        #expect(life.nextWake == time(21))
        #expect(life.timerFired(at: time(21)) == [])
        #expect(life.nextWake == time(22))
        life.sent()
        #expect(life.timerFired(at: time(30)) == [.ping(ConnectionLife.keepalivePing)])
    }

    @Test("a client's pings are counted as gRPC counts them")
    func strikes() {
        func strikes(limit: Int = 2, permits: Bool = false) -> PingStrikes {
            PingStrikes(limit: limit, intervalNanoseconds: 10 * Self.second, permitsWithoutCalls: permits)
        }
        var quick = strikes()
        let outcomes = (0..<4).map { quick.pinged(at: time(Double($0)), hasCalls: true) }
        #expect(outcomes == [false, false, false, true])

        var slow = strikes()
        let slowPings = (0..<20).map { slow.pinged(at: time(Double($0) * 10), hasCalls: true) }
        #expect(!slowPings.contains(true))

        var fed = strikes()
        let pings = (0..<20).map { second in
            fed.sent()
            return fed.pinged(at: time(Double(second)), hasCalls: true)
        }
        #expect(!pings.contains(true))

        var idle = strikes()
        let idlePings = (0..<4).map { idle.pinged(at: time(Double($0) * 60), hasCalls: false) }
        #expect(idlePings == [false, false, false, true])
        var permitted = strikes(permits: true)
        let permittedPings = (0..<4).map { permitted.pinged(at: time(Double($0) * 60), hasCalls: false) }
        #expect(!permittedPings.contains(true))
        var unlimited = strikes(limit: 0)
        let unlimitedPings = (0..<100).map { unlimited.pinged(at: time(Double($0)), hasCalls: true) }
        #expect(!unlimitedPings.contains(true))
    }
}

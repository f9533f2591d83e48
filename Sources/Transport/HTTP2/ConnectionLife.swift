// SPDX-License-Identifier: Apache-2.0
package import Inference

/// When a connection is pinged, told to go away and closed. Pure: events in, what to do out.
///
/// swift-nio-http2 has a handler for this; it sets a timer again for every read, pings connections without calls,
/// which gRPC's settings forbid by default, and waits for ever for a peer that does not answer its last ping.
package struct ConnectionLife: Sendable, Equatable {
    package enum Action: Sendable, Equatable {
        case ping(UInt64)
        /// The peer should open no more streams; those that are under way to us are still served.
        case announceGoAway
        /// From now on no stream is served that we have not seen yet.
        case goAway
        /// Nothing more is waited for.
        case close
    }

    private enum Phase: Sendable, Equatable {
        /// Next: `announced`, `closed`.
        case serving
        /// The peer was told; when it answers the ping it has heard. Next: `draining`, `closed`.
        case announced(until: MonotonicTime)
        /// Next: `closed`.
        case draining
        case closed
    }

    /// How long the answer to the ping of a drain is waited for.
    package static let announcementNanoseconds: UInt64 = 1_000_000_000
    package static let drainPing: UInt64 = 0x6275_636B_6C65_7221
    package static let keepalivePing: UInt64 = 0x616C_6976_653F_2121

    private let keepalive: ConnectionKeepalive
    private let firstFrameBy: MonotonicTime
    private let ageEnd: MonotonicTime?
    private var phase = Phase.serving
    private var calls = 0
    package private(set) var hasSpoken = false
    private var lastReceived: MonotonicTime
    private var idleSince: MonotonicTime
    private var lastPing: MonotonicTime?
    /// When a ping was due last, whether it was sent or there had been enough.
    private var lastPingTime: MonotonicTime?
    private var isPingUnanswered = false
    private var pingsWithoutData = 0
    private var graceEnd: MonotonicTime?

    /// - Parameter age: how long this connection may last; `nil` for ever.
    package init(keepalive: ConnectionKeepalive, ageNanoseconds age: UInt64?, now: MonotonicTime) {
        self.keepalive = keepalive
        firstFrameBy = now.advanced(byNanoseconds: keepalive.firstFrameNanoseconds)
        ageEnd = age.map { now.advanced(byNanoseconds: $0) }
        lastReceived = now
        idleSince = now
    }

    package var hasCalls: Bool { calls > 0 }
    package var isDraining: Bool { phase != .serving }
    /// Whether nothing is left to be waited for.
    package var isDone: Bool { phase == .draining && calls == 0 }

    // MARK: events

    package mutating func received(at now: MonotonicTime) {
        hasSpoken = true
        lastReceived = now
        isPingUnanswered = false
    }

    /// Headers or data went to the peer.
    package mutating func sent() { pingsWithoutData = 0 }

    package mutating func callOpened() { calls += 1 }

    package mutating func callClosed(at now: MonotonicTime) {
        calls -= 1
        if calls == 0 { idleSince = now }
    }

    package mutating func pingAnswered(_ data: UInt64) -> [Action] {
        guard data == Self.drainPing, case .announced = phase else { return [] }
        return beginDraining()
    }

    /// The server ends, or the connection is to.
    /// - Parameter grace: how long calls then have; `nil` as long as they take.
    package mutating func drain(at now: MonotonicTime, grace: UInt64? = nil) -> [Action] {
        guard phase == .serving else { return [] }
        phase = .announced(until: now.advanced(byNanoseconds: Self.announcementNanoseconds))
        graceEnd = grace.map { now.advanced(byNanoseconds: $0) }
        return [.announceGoAway, .ping(Self.drainPing)]
    }

    package mutating func closed() { phase = .closed }

    // MARK: time

    /// When ``timerFired(at:)`` has something to do at the soonest.
    package var nextWake: MonotonicTime? {
        let sooner = MonotonicTime.sooner
        return switch phase {
        case .serving: sooner(sooner(ageEnd, idleEnd), sooner(firstFrameEnd, sooner(pingTime, pingEnd)))
        case .announced(let until): min(until, graceEnd ?? until)
        case .draining: sooner(graceEnd, sooner(pingTime, pingEnd))
        case .closed: nil
        }
    }

    package mutating func timerFired(at now: MonotonicTime) -> [Action] {
        func isDue(_ time: MonotonicTime?) -> Bool { time.map { $0 <= now } ?? false }
        if phase == .closed { return [] }
        if isDue(firstFrameEnd) || isDue(pingEnd) || isDue(graceEnd) {
            phase = .closed
            return [.close]
        }
        var actions: [Action] = []
        if isDue(pingTime) {
            lastPingTime = now
            if keepalive.pingsWithoutDataLimit == 0 || pingsWithoutData < keepalive.pingsWithoutDataLimit {
                lastPing = now
                isPingUnanswered = true
                pingsWithoutData += 1
                actions.append(.ping(Self.keepalivePing))
            }
        }
        switch phase {
        case .serving where isDue(ageEnd): actions += drain(at: now, grace: keepalive.ageGraceNanoseconds)
        case .serving where isDue(idleEnd): actions += drain(at: now, grace: keepalive.firstFrameNanoseconds)
        case .announced(let until) where until <= now: actions += beginDraining()
        case .serving, .announced, .draining, .closed: break
        }
        return actions
    }

    private mutating func beginDraining() -> [Action] {
        phase = .draining
        return [.goAway]
    }

    private var idleEnd: MonotonicTime? {
        calls > 0 ? nil : idleSince.advanced(byNanoseconds: keepalive.idleNanoseconds)
    }

    private var firstFrameEnd: MonotonicTime? { hasSpoken ? nil : firstFrameBy }

    /// When the peer has to be asked whether it is still there.
    private var pingTime: MonotonicTime? {
        guard let interval = keepalive.pingNanoseconds, hasSpoken, !isPingUnanswered else { return nil }
        guard calls > 0 || keepalive.permitsWithoutCalls else { return nil }
        return max(lastReceived, lastPingTime ?? lastReceived).advanced(byNanoseconds: interval)
    }

    private var pingEnd: MonotonicTime? {
        guard isPingUnanswered, let lastPing else { return nil }
        return lastPing.advanced(byNanoseconds: keepalive.pingTimeoutNanoseconds)
    }
}

/// What ``ConnectionLife`` goes by; times in nanoseconds.
package struct ConnectionKeepalive: Sendable, Equatable {
    /// Without a word for this long, the peer is pinged; `nil`: never.
    package var pingNanoseconds: UInt64?
    package var pingTimeoutNanoseconds: UInt64 = 20_000_000_000
    package var permitsWithoutCalls = false
    /// Pings in a row without headers or data to the peer in between; 0: any number.
    package var pingsWithoutDataLimit = 2
    /// What calls have to end once the connection has its age; `nil`: as long as they take.
    package var ageGraceNanoseconds: UInt64?
    /// What the peer has for its handshake and preface.
    package var firstFrameNanoseconds: UInt64 = 10_000_000_000
    package var idleNanoseconds: UInt64 = 75_000_000_000

    package init() {}
}

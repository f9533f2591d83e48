// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import GRPCServer

@Suite("The times of a gRPC call") struct CallTimesTests {
    private static func at(_ seconds: Double) -> MonotonicTime {
        MonotonicTime(nanoseconds: UInt64(seconds * 1e9))
    }

    private static func times(deadline: Double? = nil, age: Int = 0, checked: Bool = false) -> CallTimes {
        CallTimes(arrival: at(100), deadline: deadline.map(at), ageSeconds: age, checksCredential: checked)
    }

    @Test("a call that nothing limits waits for ever")
    func nothing() {
        var times = Self.times()
        #expect(times.nextWake(isOver: false) == nil)
        #expect(times.event(at: MonotonicTime(nanoseconds: .max), isOver: false) == nil)
    }

    @Test("each time is told when it has come, and not before", arguments: [true, false])
    func settable(isMessage: Bool) {
        var times = Self.times()
        if isMessage { times.message = Self.at(105) } else { times.unread = Self.at(105) }
        #expect(times.nextWake(isOver: true) == Self.at(105))
        #expect(times.event(at: MonotonicTime(nanoseconds: Self.at(105).nanoseconds - 1), isOver: false) == nil)
        #expect(times.event(at: Self.at(105), isOver: false) == (isMessage ? .messageLate : .answerUnread))
    }

    @Test("the client's deadline is told first")
    func order() {
        var times = Self.times(deadline: 103, age: 3, checked: true)
        times.message = Self.at(103)
        times.unread = Self.at(103)
        var seen: [CallTimes.Event?] = [times.event(at: Self.at(103), isOver: false)]
        times = Self.times(age: 3, checked: true)
        times.unread = Self.at(103)
        seen.append(times.event(at: Self.at(103), isOver: false))
        times.unread = nil
        seen.append(times.event(at: Self.at(103), isOver: false))
        #expect(seen == [.deadlineReached, .answerUnread, .tooOld])
    }

    @Test("the credential is asked for twice a second while the call goes on")
    func checks() {
        var times = Self.times(age: 60, checked: true)
        #expect(times.nextWake(isOver: false) == Self.at(100.5))
        #expect(times.nextWake(isOver: true) == Self.at(160))
        #expect(times.event(at: Self.at(100.6), isOver: true) == nil)
        #expect(times.event(at: Self.at(100.6), isOver: false) == .checkDue)
        #expect(times.event(at: Self.at(100.6), isOver: false) == nil)
        #expect(times.nextWake(isOver: false) == Self.at(101.1))
    }
}

// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Engines

@Suite struct SupervisionTests {
    private func at(_ milliseconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: milliseconds * 1_000_000) }

    @Test func startsAtOnce() {
        var supervision = Supervision()
        #expect(supervision.next(at: at(5)) == .start)
        supervision.becameReady(at: at(6))
        #expect(supervision.state == .ready(since: at(6)))
    }

    @Test func thePauseDoublesUpToHalfAMinute() {
        var supervision = Supervision()
        var now: UInt64 = 1000
        for expected in [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000] as [UInt64] {
            #expect(supervision.next(at: at(now)) == .start)
            supervision.becameReady(at: at(now))
            supervision.ended(at: at(now + 999))
            now += 999
            #expect(supervision.next(at: at(now)) == .wait(until: at(now + expected)))
            now += expected
        }
        for _ in 0..<100 {
            #expect(supervision.next(at: at(now)) == .start)
            supervision.ended(at: at(now))
            now += 30_000
        }
    }

    @Test(arguments: [(999, 400), (1000, 100)] as [(UInt64, UInt64)])
    func whatLastedStartsSoonAgain(lasted: UInt64, pause: UInt64) {
        var supervision = Supervision()
        for begin in [0, 1000] as [UInt64] {
            #expect(supervision.next(at: at(begin)) == .start)
            supervision.ended(at: at(begin))
        }
        #expect(supervision.next(at: at(5000)) == .start)
        supervision.becameReady(at: at(5000))
        supervision.ended(at: at(5000 + lasted))
        #expect(supervision.state == .down(until: at(5000 + lasted + pause)))
    }

    /// Whatever ended it, its model works: a pause would only keep good requests waiting.
    @Test func whatHasServedIsFollowedAtOnce() {
        var supervision = Supervision()
        for begin in [0, 50, 60, 1000] as [UInt64] {
            #expect(supervision.next(at: at(begin)) == .start)
            supervision.becameReady(at: at(begin))
            supervision.ended(at: at(begin + 5), hasServed: true)
            #expect(supervision.state == .down(until: at(begin + 5)))
        }
        #expect(supervision.next(at: at(2000)) == .start)
        supervision.becameReady(at: at(2000))
        supervision.ended(at: at(2001))
        #expect(supervision.state == .down(until: at(2101)), "what came before does not count any more")
    }

    @Test func tellsWhetherOneIsComing() {
        var supervision = Supervision()
        _ = supervision.next(at: at(5))
        #expect(supervision.starts(before: at(5)))
        supervision.ended(at: at(10))
        #expect(!supervision.starts(before: at(110)))
        #expect(supervision.starts(before: at(111)))
        supervision.stop()
        #expect(!supervision.starts(before: at(1000)))
    }

    @Test func nothingStartsOnceStopped() {
        var supervision = Supervision()
        #expect(supervision.next(at: at(1)) == .start)
        supervision.stop()
        supervision.becameReady(at: at(2))
        supervision.ended(at: at(3))
        #expect(supervision.next(at: at(100_000)) == .leave)
    }
}

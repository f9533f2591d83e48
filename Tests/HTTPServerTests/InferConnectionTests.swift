// SPDX-License-Identifier: Apache-2.0
import HTTPServer
import Inference
import Testing

@Suite struct InferConnectionTests {
    private let start = MonotonicTime(nanoseconds: 1_000_000_000)
    private let limits = ConnectionLimits(profile: .secure)

    private func connection() -> InferConnection { InferConnection(now: start) }

    private func after(_ seconds: Int) -> MonotonicTime {
        start.advanced(byNanoseconds: UInt64(seconds) * 1_000_000_000)
    }

    private func submitted() -> InferConnection {
        var connection = connection()
        connection.headArrived(isHot: true, keepsAlive: true, now: start)
        _ = connection.endArrived(now: start)
        return connection
    }

    @Test func aHotRequestIsReadSubmittedAndAnswered() {
        var connection = connection()
        connection.headArrived(isHot: true, keepsAlive: true, now: start)
        #expect(connection.bodyArrived(bytes: 10) == .keep)
        #expect(!connection.holdsParts)
        #expect(connection.endArrived(now: start) == .submit)
        #expect(connection.holdsParts)
        #expect(connection.hotAnswered(remaining: 0, now: start) == .next)
        #expect(connection.state == .idle)
    }

    @Test func aColdRequestIsPassedOnAndHoldsTheNextBack() {
        var connection = connection()
        connection.headArrived(isHot: false, keepsAlive: true, now: start)
        #expect(connection.bodyArrived(bytes: 10) == .passOn)
        #expect(connection.endArrived(now: start) == .passOn)
        #expect(connection.holdsParts)
        #expect(connection.coldAnswered(now: start) == .next)
        #expect(!connection.holdsParts)
    }

    @Test func aColdAnswerBeforeTheEndOfTheBodyDrainsUpToTheLimit() {
        var connection = connection()
        connection.headArrived(isHot: false, keepsAlive: true, now: start)
        #expect(connection.coldAnswered(now: start) == .drain)
        #expect(connection.bodyArrived(bytes: InferConnection.drainLimit) == .passOn)
        var beyond = connection
        #expect(beyond.bodyArrived(bytes: 1) == .close)
        #expect(connection.endArrived(now: start) == .passOnThenNext)
    }

    @Test(arguments: [(0, true), (InferConnection.drainLimit, true), (InferConnection.drainLimit + 1, false)])
    func aRefusedUploadLivesOnIfItsRestIsSmall(remaining: Int, livesOn: Bool) {
        var connection = connection()
        connection.headArrived(isHot: true, keepsAlive: true, now: start)
        connection.refusing(remaining: remaining, awaitsContinue: false)
        #expect(connection.answersAreLast == !livesOn)
        #expect(connection.hotAnswered(remaining: remaining, now: start) == .drain)
        #expect(connection.bodyArrived(bytes: min(remaining, InferConnection.drainLimit)) == .discard)
        #expect(connection.endArrived(now: start) == (livesOn ? .next : .close))
    }

    @Test func aRefusedUploadThatGoesOnIsCutOff() {
        var connection = connection()
        connection.headArrived(isHot: true, keepsAlive: true, now: start)
        connection.refusing(remaining: nil, awaitsContinue: false)
        #expect(connection.hotAnswered(remaining: nil, now: start) == .drain)
        #expect(connection.bodyArrived(bytes: InferConnection.drainLimit) == .discard)
        #expect(connection.bodyArrived(bytes: 1) == .close)
        #expect(connection.state == .closed)
    }

    @Test func aRefusedRequestThatAwaitsContinueEndsTheConnection() {
        var connection = connection()
        connection.headArrived(isHot: true, keepsAlive: true, now: start)
        connection.refusing(remaining: 1, awaitsContinue: true)
        #expect(connection.answersAreLast)
    }

    @Test func quiescingWaitsForTheRequestAndForThoseBehindIt() {
        var idle = connection()
        #expect(idle.quiesceRequested(now: start) == true)

        var busy = submitted()
        _ = busy.partHeld(bytes: 0)
        #expect(busy.quiesceRequested(now: start) == false)
        #expect(!busy.answersAreLast)
        #expect(busy.hotAnswered(remaining: 0, now: start) == .next)
        busy.heldPartTaken(bytes: 0)
        busy.headArrived(isHot: true, keepsAlive: true, now: start)
        _ = busy.endArrived(now: start)
        #expect(busy.answersAreLast)
        #expect(busy.hotAnswered(remaining: 0, now: start) == .close)
    }

    @Test func whoeverIsWaitedForWhenQuiescingHasAFewSeconds() {
        var reading = connection()
        reading.headArrived(isHot: true, keepsAlive: true, now: start)
        #expect(reading.quiesceRequested(now: after(10)) == false)
        #expect(reading.deadline(limits)?.at == after(10 + InferConnection.quiesceSeconds))
        #expect(reading.quiesceRequested(now: after(11)) == false)
        #expect(reading.deadline(limits)?.at == after(10 + InferConnection.quiesceSeconds), "asking twice wins nothing")

        var late = connection()
        late.headArrived(isHot: false, keepsAlive: true, now: start)
        _ = late.quiesceRequested(now: after(limits.bodySeconds - 1))
        #expect(late.deadline(limits)?.at == after(limits.bodySeconds), "nor is any time prolonged")

        var partialHead = connection()
        partialHead.bytesWithoutPartArrived(now: start)
        #expect(partialHead.quiesceRequested(now: start) == true)

        var waiting = submitted()
        _ = waiting.quiesceRequested(now: start)
        #expect(waiting.deadline(limits) == nil, "a submitted request is finished")
    }

    @Test func requestsThatBeginWhileQuiescingAreNotServed() {
        var busy = submitted()
        #expect(busy.accepts(isHead: true) == true)
        _ = busy.partHeld(bytes: 0)
        _ = busy.quiesceRequested(now: start)
        #expect(busy.accepts(isHead: false) == true, "the rest of one that had begun")
        #expect(busy.accepts(isHead: true) == false)
        #expect(busy.accepts(isHead: false) == false)
    }

    @Test func aClientThatAsksForCloseGetsIt() {
        var connection = connection()
        connection.headArrived(isHot: true, keepsAlive: false, now: start)
        _ = connection.endArrived(now: start)
        #expect(connection.answersAreLast)
        #expect(connection.hotAnswered(remaining: 0, now: start) == .close)
    }

    @Test func readingStopsAtTheFirstPartThatWaits() {
        var connection = submitted()
        #expect(connection.readRequested() == true)
        #expect(connection.partHeld(bytes: 5) == true)
        #expect(connection.readRequested() == false)
        #expect(connection.takeHeldRead() == false)
        _ = connection.hotAnswered(remaining: 0, now: start)
        connection.heldPartTaken(bytes: 5)
        #expect(connection.takeHeldRead() == true)
        #expect(connection.takeHeldRead() == false)
    }

    @Test func whatWaitsIsBoundedInPartsAndInBytes() {
        var parts = submitted()
        for _ in 0..<InferConnection.heldPartsLimit { #expect(parts.partHeld(bytes: 0) == true) }
        #expect(parts.partHeld(bytes: 0) == false)
        var bytes = submitted()
        #expect(bytes.partHeld(bytes: InferConnection.heldBytesLimit) == true)
        #expect(bytes.partHeld(bytes: 1) == false)
    }

    @Test func aClientThatDoesNotReadItsAnswersIsNotServedMore() {
        var connection = submitted()
        connection.writabilityChanged(false)
        _ = connection.hotAnswered(remaining: 0, now: start)
        #expect(connection.holdsParts)
        #expect(connection.readRequested() == false)
        connection.writabilityChanged(true)
        #expect(!connection.holdsParts)
        #expect(connection.takeHeldRead() == true)
    }

    @Test func theEndOfInputCancelsAnInferenceOnly() {
        var hot = submitted()
        #expect(hot.inputClosed() == .cancelAndClose)
        var cold = connection()
        cold.headArrived(isHot: false, keepsAlive: true, now: start)
        #expect(cold.inputClosed() == .passOn)
        var reading = connection()
        reading.headArrived(isHot: true, keepsAlive: true, now: start)
        #expect(reading.inputClosed() == .close)
    }

    @Test func eachWaitHasItsOwnTime() {
        var connection = connection()
        #expect(connection.deadline(limits)?.at == after(limits.idleSeconds))
        connection.bytesWithoutPartArrived(now: after(1))
        #expect(connection.deadline(limits)?.wait == .header)
        connection.bytesWithoutPartArrived(now: after(5))
        #expect(connection.deadline(limits)?.at == after(1 + limits.headerSeconds))
        connection.headArrived(isHot: true, keepsAlive: true, now: after(2))
        #expect(connection.deadline(limits)?.wait == .body)
        #expect(connection.deadline(limits)?.at == after(2 + limits.bodySeconds))
        _ = connection.endArrived(now: after(3))
        #expect(connection.deadline(limits) == nil)
        _ = connection.hotAnswered(remaining: 0, now: after(4))
        #expect(connection.deadline(limits)?.wait == .idle)
        #expect(connection.deadline(limits)?.at == after(4 + limits.idleSeconds))
    }
}

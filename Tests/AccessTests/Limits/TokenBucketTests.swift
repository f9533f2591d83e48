// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Access

@Suite("A token bucket") struct TokenBucketTests {
    func at(_ seconds: Double) -> MonotonicTime { MonotonicTime(nanoseconds: UInt64(seconds * 1e9)) }

    @Test("lets a burst through, then as much as flows in, and says how long to wait")
    func burst() {
        let rate = BucketRate(perSecond: 2, burst: 5)
        var bucket = TokenBucket(rate: rate, at: at(100))
        for _ in 0..<5 { #expect(bucket.take(1, rate: rate, at: at(100)) == nil) }
        #expect(bucket.take(1, rate: rate, at: at(100)) == 0.5)
        #expect(bucket.take(1, rate: rate, at: at(100.25)) == 0.25)
        #expect(bucket.take(1, rate: rate, at: at(100.5)) == nil)
        #expect(bucket.take(1, rate: rate, at: at(100.5)) == 0.5)
        for _ in 0..<5 { #expect(bucket.take(1, rate: rate, at: at(1000)) == nil) }
        #expect(bucket.take(1, rate: rate, at: at(1000)) == 0.5)
    }

    @Test("does not fill in a time that went back")
    func backwards() {
        let rate = BucketRate(perSecond: 1, burst: 1)
        var bucket = TokenBucket(rate: rate, at: at(100))
        #expect(bucket.take(1, rate: rate, at: at(100)) == nil)
        #expect(bucket.take(1, rate: rate, at: at(50)) == 1)
        #expect(bucket.take(1, rate: rate, at: at(100.5)) == 0.5)
    }

    @Test("lets more through than it holds only when it is full, and makes up for it")
    func debt() {
        let rate = BucketRate(perSecond: 10, burst: 10)
        var bucket = TokenBucket(rate: rate, at: at(0))
        #expect(bucket.take(100, rate: rate, at: at(0)) == nil)
        #expect(bucket.take(1, rate: rate, at: at(0)) == 9.1)
        #expect(bucket.take(100, rate: rate, at: at(9.5)) == 0.5)
        #expect(bucket.take(100, rate: rate, at: at(10)) == nil)
        bucket.charge(1e300, rate: rate, at: at(10))
        #expect(bucket.level == -1e18)
        bucket.charge(.nan, rate: rate, at: at(10))
        #expect(bucket.level == -1e18)
    }

    @Test(
        "has sane numbers whatever it is made of",
        arguments: [0, -1, .nan, .infinity, -.infinity, 1e-300, 1e300, .leastNonzeroMagnitude] as [Double]
    )
    func extremes(number: Double) {
        for rate in [BucketRate(perSecond: number, burst: number), BucketRate(perSecond: 1, burst: number)] {
            #expect((1...1e15).contains(rate.burst))
            #expect((0...1e15).contains(rate.perSecond))
            var bucket = TokenBucket(rate: rate, at: MonotonicTime(nanoseconds: 0))
            for now in [0, 1, UInt64.max / 2, UInt64.max] {
                let wait = bucket.take(number, rate: rate, at: MonotonicTime(nanoseconds: now))
                #expect(wait.map { $0 >= 0 } ?? true)
                #expect(bucket.level.isFinite && bucket.level <= rate.burst)
            }
        }
    }

    @Test("that never fills says so")
    func never() {
        let rate = BucketRate(perSecond: 0, burst: 1)
        var bucket = TokenBucket(rate: rate, at: at(0))
        #expect(bucket.take(1, rate: rate, at: at(0)) == nil)
        #expect(bucket.take(1, rate: rate, at: at(1e9)) == .infinity)
    }

    @Test("fills however often it is asked, also by less than its level's precision")
    func precision() {
        let rate = BucketRate(perSecond: 1000, burst: 1e15)
        var bucket = TokenBucket(rate: rate, at: MonotonicTime(nanoseconds: 0))
        bucket.charge(5e14, rate: rate, at: MonotonicTime(nanoseconds: 0))
        let start = bucket.level
        for step in 1...200_000 as ClosedRange<UInt64> {
            bucket.refill(rate, at: MonotonicTime(nanoseconds: step * 1000))
        }
        #expect(abs(bucket.level - start - 200) < 1)
    }

    @Test("never lets through more than burst and rate allow", arguments: 0..<20)
    func property(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let rate = BucketRate(
            perSecond: .random(in: 0.1...1000, using: &generator),
            burst: .random(in: 1...500, using: &generator)
        )
        var now: UInt64 = .random(in: 0...1 << 60, using: &generator)
        let start = now
        var bucket = TokenBucket(rate: rate, at: MonotonicTime(nanoseconds: now))
        var taken = 0.0
        for _ in 0..<5000 {
            now += .random(in: 0...20_000_000, using: &generator)
            let amount = Double.random(in: 0...rate.burst, using: &generator)
            let time = MonotonicTime(nanoseconds: now)
            if let wait = bucket.take(amount, rate: rate, at: time) {
                // What it says is true: just then it is there, and not before.
                var copy = bucket
                let later = time.advanced(byNanoseconds: UInt64(wait * 1e9) + 1000)
                #expect(copy.take(amount, rate: rate, at: later) == nil)
            } else {
                taken += amount
            }
            #expect(taken <= rate.burst + rate.perSecond * Double(now - start) / 1e9 + 1e-3)
        }
        #expect(taken >= rate.perSecond * Double(now - start) / 1e9 * 0.5)
    }
}

// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Engines

@Suite struct RangeAllocatorTests {
    @Test func theWholeAreaAndNotAByteMore() {
        var allocator = RangeAllocator(count: 256)
        #expect(allocator.reserve(257) == nil)
        #expect(allocator.reserve(256) == 0)
        #expect(allocator.reserve(1) == nil)
        #expect(allocator.release(0) == true)
        #expect(allocator.release(0) == false, "given back once")
        #expect(allocator.isUnused)
        #expect(allocator.reserve(256) == 0)
    }

    @Test(arguments: [(0, 64), (1, 64), (64, 64), (65, 128)])
    func rangesAreWholeLines(bytes: Int, next: Int) {
        var allocator = RangeAllocator(count: 1024)
        #expect(allocator.reserve(bytes) == 0)
        #expect(allocator.reserve(1) == next)
    }

    @Test(arguments: [Int.min, -1, Int.max, Int.max - 62])
    func sizesThatAreNone(bytes: Int) {
        var allocator = RangeAllocator(count: 1024)
        #expect(allocator.reserve(bytes) == nil)
        #expect(allocator.isUnused)
    }

    @Test func neighboursGrowTogether() {
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [0, 2, 1, 3]] {
            var allocator = RangeAllocator(count: 256)
            for index in 0..<4 { #expect(allocator.reserve(64) == index * 64) }
            for index in order { #expect(allocator.release(index * 64) == true) }
            #expect(allocator.reserve(256) == 0)
        }
    }

    /// Against a map of every line.
    @Test func agreesWithAMap() {
        var random = SplitMix64(seed: 1)
        var allocator = RangeAllocator(count: 64 * 40)
        var held: [Int: Int] = [:]
        for _ in 0..<20_000 {
            if random.next() % 2 == 0, let start = held.keys.randomElement(using: &random) {
                #expect(allocator.release(start) == true)
                held[start] = nil
            } else {
                let lines = 1 + Int(random.next() % 12)
                let taken = Set(held.flatMap { Array($0.key / 64..<$0.key / 64 + $0.value) })
                let fits = (0...(40 - lines)).first { start in taken.isDisjoint(with: start..<start + lines) }
                let start = allocator.reserve(lines * 64 - Int(random.next() % 64))
                #expect(start == fits.map { $0 * 64 })
                if let start { held[start] = lines }
            }
        }
    }

    @Test func areasGrowUntilTheLimit() {
        var ranges = AreaRanges(byteLimit: 1000 * 64, smallest: 100 * 64)
        #expect(ranges.reserve(1) == .needsArea(bytes: 100 * 64))
        ranges.addArea(bytes: 100 * 64)
        #expect(ranges.reserve(100 * 64) == .span(AreaSpan(area: 0, offset: 0, length: 100 * 64)))
        #expect(ranges.reserve(1) == .needsArea(bytes: 200 * 64), "twice the largest")
        ranges.addArea(bytes: 200 * 64)
        #expect(ranges.reserve(701 * 64) == .refused)
        #expect(ranges.reserve(700 * 64) == .needsArea(bytes: 700 * 64))
        ranges.addArea(bytes: 700 * 64)
        #expect(ranges.reserve(700 * 64) == .span(AreaSpan(area: 2, offset: 0, length: 700 * 64)))
        #expect(ranges.reserve(201 * 64) == .refused)
        #expect(ranges.release(AreaSpan(area: 3, offset: 0, length: 64)) == false)
        #expect(ranges.release(AreaSpan(area: 2, offset: 0, length: 64)) == true)
    }

    @Test func thereAreSixteenAreas() {
        var ranges = AreaRanges(byteLimit: .max, smallest: 64)
        for _ in 0..<16 {
            guard case .needsArea = ranges.reserve(1 << 40) else {
                Issue.record("an area may be added")
                return
            }
            ranges.addArea(bytes: 64)
        }
        #expect(ranges.reserve(1 << 40) == .refused)
    }
}

// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Scheduling

/// One call of Triton's `GetDynamicBatch`, as a row.
struct FormationCase: Sendable, CustomTestStringConvertible {
    var name: String
    var preferred: [Int] = []
    var maximum = 8
    var delay: UInt64 = 0
    /// Batch sizes in the queue; all enqueued at 0 µs.
    var sizes: [Int]
    var incompatibleFrom = Int.max
    var now: UInt64 = 0
    var expected: BatchFormation.Decision

    var testDescription: String { name }
}

@Suite struct BatchFormationTests {
    static let cases: [FormationCase] = [
        FormationCase(name: "nothing queued", sizes: [], expected: .empty),
        FormationCase(name: "no delay sends what is there", sizes: [1, 1, 1], expected: .send(count: 3)),
        FormationCase(name: "up to the maximum", sizes: Array(repeating: 1, count: 8), expected: .send(count: 8)),
        FormationCase(name: "not beyond it", sizes: Array(repeating: 1, count: 9), expected: .send(count: 8)),
        FormationCase(name: "batch sizes count", sizes: [3, 3, 2, 1], expected: .send(count: 3)),
        FormationCase(name: "what does not fit ends the batch", sizes: [3, 3, 3, 1], expected: .send(count: 2)),
        FormationCase(name: "an oversized first request runs alone", sizes: [9, 1], expected: .send(count: 1)),
        FormationCase(
            name: "the largest preferred size that is reached",
            preferred: [2, 4],
            sizes: [1, 1, 1, 1, 1],
            expected: .send(count: 4)
        ),
        FormationCase(
            name: "a preferred size that is stepped over is no match",
            preferred: [2, 6],
            sizes: [1, 2, 2],
            expected: .send(count: 3)
        ),
        FormationCase(
            name: "what would exceed all preferred sizes stays behind",
            preferred: [4],
            sizes: [2, 3],
            expected: .send(count: 1)
        ),
        FormationCase(
            name: "waits for a preferred size",
            preferred: [4],
            delay: 100,
            sizes: [1, 1, 1],
            now: 99,
            expected: .wait(until: .at(100), size: 4)
        ),
        FormationCase(
            name: "waits for the next preferred size",
            preferred: [2, 4, 6],
            delay: 100,
            sizes: [3, 2],
            now: 0,
            expected: .wait(until: .at(100), size: 6)
        ),
        FormationCase(
            name: "the delay is over",
            preferred: [4],
            delay: 100,
            sizes: [1, 1, 1],
            now: 100,
            expected: .send(count: 3)
        ),
        FormationCase(
            name: "a preferred size is sent before the delay is over",
            preferred: [4],
            delay: 100,
            sizes: [1, 1, 1, 1, 1],
            now: 99,
            expected: .send(count: 4)
        ),
        FormationCase(
            name: "after the delay all that fits is sent",
            preferred: [4],
            delay: 100,
            sizes: [1, 1, 1, 1, 1],
            now: 100,
            expected: .send(count: 5)
        ),
        FormationCase(
            name: "no preferred size means the maximum",
            delay: 100,
            sizes: [4, 4],
            expected: .send(count: 2)
        ),
        FormationCase(
            name: "one less than the maximum waits",
            delay: 100,
            sizes: [4, 3],
            expected: .wait(until: .at(100), size: 8)
        ),
        FormationCase(
            name: "another shape closes the batch",
            delay: 100,
            sizes: [1, 1, 1],
            incompatibleFrom: 2,
            expected: .send(count: 2)
        ),
        FormationCase(
            name: "a model that does not batch",
            maximum: 0,
            delay: 100,
            sizes: [1, 1],
            expected: .send(count: 1)
        ),
    ]

    @Test(arguments: cases) func decides(_ row: FormationCase) {
        let batching = makeBatching {
            $0.preferredBatchSizes = row.preferred
            $0.maxQueueDelayMicroseconds = row.delay
        }
        var formation = BatchFormation(BatchRules(batching, maxBatchSize: row.maximum))
        for (index, size) in row.sizes.enumerated() {
            let isCompatible = index < row.incompatibleFrom
            if !formation.offer(batchSize: size, enqueued: .at(0), isCompatible: isCompatible) { break }
        }
        #expect(formation.decision(now: .at(row.now)) == row.expected)
    }

    @Test func theOldestRequestCountsWhereverItStands() {
        let batching = makeBatching { $0.maxQueueDelayMicroseconds = 100 }
        var formation = BatchFormation(BatchRules(batching, maxBatchSize: 8))
        _ = formation.offer(batchSize: 1, enqueued: .at(50), isCompatible: true)
        _ = formation.offer(batchSize: 1, enqueued: .at(10), isCompatible: true)
        #expect(formation.decision(now: .at(60)) == .wait(until: .at(110), size: 8))
    }

    @Test func hugeNumbersSaturate() {
        let batching = makeBatching { $0.maxQueueDelayMicroseconds = .max }
        var formation = BatchFormation(BatchRules(batching, maxBatchSize: .max))
        _ = formation.offer(batchSize: .max - 1, enqueued: .at(50), isCompatible: true)
        #expect(formation.decision(now: .at(60)) == .wait(until: MonotonicTime(nanoseconds: .max), size: .max))
        let joined = formation.offer(batchSize: 2, enqueued: .at(50), isCompatible: true)
        #expect(!joined)
    }
}

@Suite struct BatchCompatibilityTests {
    private func spec(_ name: String, _ shape: Shape, optional: Bool = false, ragged: Bool = false) -> TensorSpec {
        TensorSpec(name: name, dataType: .fp32, shape: shape, isOptional: optional, allowsRaggedBatch: ragged)
    }

    @Test func fixedShapesNeedNoComparison() {
        #expect(BatchCompatibility(inputs: [spec("a", [16]), spec("b", [2, 3])]) == nil)
        #expect(BatchCompatibility(inputs: [spec("a", [-1], ragged: true)]) == nil)
    }

    @Test(
        arguments: [
            ([1, 4], [3, 4], true),
            ([1, 4], [1, 5], false),
            ([1, 4], [1, 4, 1], false),
        ] as [(Shape, Shape, Bool)]
    )
    func variableShapesMustMatchBeyondTheBatch(left: Shape, right: Shape, expected: Bool) throws {
        let compatibility = try #require(BatchCompatibility(inputs: [spec("a", [-1]), spec("b", [2])]))
        let first = makeRequest(inputs: [("a", left), ("b", [1, 2])])
        #expect(compatibility.areCompatible(first, makeRequest(inputs: [("a", right), ("b", [1, 2])])) == expected)
        #expect(compatibility.areCompatible(first, makeRequest(inputs: [("b", [1, 2]), ("a", right)])) == expected)
    }

    @Test func raggedInputsMayDiffer() throws {
        let compatibility = try #require(
            BatchCompatibility(inputs: [spec("a", [-1]), spec("r", [-1], ragged: true)])
        )
        let first = makeRequest(inputs: [("a", [1, 4]), ("r", [1, 9])])
        #expect(compatibility.areCompatible(first, makeRequest(inputs: [("a", [1, 4]), ("r", [1, 2])])))
    }

    @Test func optionalInputsMustBeTheSameSet() throws {
        let compatibility = try #require(BatchCompatibility(inputs: [spec("a", [4]), spec("o", [4], optional: true)]))
        let both = makeRequest(inputs: [("a", [1, 4]), ("o", [1, 4])])
        let one = makeRequest(inputs: [("a", [1, 4])])
        let other = makeRequest(inputs: [("a", [1, 4]), ("p", [1, 4])])
        #expect(compatibility.areCompatible(both, both))
        #expect(!compatibility.areCompatible(both, one))
        #expect(!compatibility.areCompatible(one, both))
        #expect(!compatibility.areCompatible(both, other))
    }
}

// SPDX-License-Identifier: Apache-2.0
import Inference
import KServeClient
import Testing

@testable import buckler

@Suite struct BenchTests {
    @Test(arguments: [
        (1, 0, 1, [[1]]), (3, 0, 2, [[1, 1], [1]]), (8, 3, 1, [[3, 3, 2]]), (4, 9, 2, [[1, 1], [1, 1]]),
        (2, 1, 4, [[2]]),
    ])
    func spreadsRequestsOverConnections(inFlight: Int, connections: Int, threads: Int, depths: [[Int]]) {
        let plan = LoadPlan(
            inFlight: inFlight,
            connections: connections,
            threads: threads,
            warmUpSeconds: 0,
            seconds: 1
        )
        #expect(plan.depths == depths)
    }

    @Test func readsProcessStatistics() throws {
        let line = "42 (a) b (c) S 7 42 42 0 -1 4194304 1 2 3 4 100 23 5 6 20 0 3 0 1 2 3"
        let statistics = try #require(ProcessStatistics(line))
        #expect(statistics.parent == 7)
        #expect(statistics.ticks == 123)
        #expect(ProcessStatistics("42 a S") == nil)
        #expect(ProcessStatistics("42 (a) S 7") == nil)
    }

    @Test(arguments: [([], nil), ([3], 3), ([3, 1, 2], 2), ([4, 1, 3, 2], 2.5)] as [([Double], Double?)])
    func findsTheMiddle(_ values: [Double], median: Double?) {
        #expect(Median.of(values) == median)
    }

    @Test func pairsGiveRatios() throws {
        var pairs = PairedMeasurement(inFlight: 1)
        for (first, second) in [(10, 20), (30, 10), (10, 10)] as [(UInt64, UInt64)] {
            pairs.first.append(measurement(answers: first))
            pairs.second.append(measurement(answers: second))
        }
        let ratio = try #require(pairs.ratios.first { $0.name == "requests_per_second" })
        #expect(ratio.median == 1)
        #expect(ratio.low == 0.5)
        #expect(ratio.high == 3)
    }

    private func measurement(answers: UInt64) -> Measurement {
        var tally = LoadTally()
        for _ in 0..<answers { tally.succeeded(after: 1000, bodyChanged: false) }
        return Measurement(tally: tally, inFlight: 1, nanoseconds: 1_000_000_000)
    }

    @Test func aRunOfFailuresIsAFailure() {
        var tally = LoadTally()
        tally.refused(status: 503, body: "busy")
        tally.failed("connection closed", count: 2)
        #expect(tally.failed == 3)
        var run = Measurement(tally: tally, inFlight: 1, nanoseconds: 1)
        #expect(BenchReport.single(run).hasOnlyFailures)
        #expect(run.failures.map(\.cause) == ["connection closed", "status 503"])
        tally.succeeded(after: 5, bodyChanged: true)
        run = Measurement(tally: tally, inFlight: 1, nanoseconds: 1)
        #expect(!BenchReport.single(run).hasOnlyFailures)
    }

    @Test func countsBatches() throws {
        func counters(_ inferences: Int, _ executions: Int) throws -> BatchCounters {
            let text = #"{"model_stats":[{"inference_count":\#(inferences),"execution_count":\#(executions)}]}"#
            return try #require(BatchCounters(JSONReader.parse(Array(text.utf8))))
        }
        #expect(try counters(70, 10).mean(since: counters(10, 4)) == 10)
        #expect(try counters(70, 4).mean(since: counters(70, 4)) == nil)
        #expect(BatchCounters(.object([])) == nil)
    }

    @Test(arguments: DataType.allCases)
    func makesUpTensorsOfEveryType(_ type: DataType) throws {
        let text = #"{"inputs":[{"name":"X","datatype":"\#(type.wireName)","shape":[-1,3]}]}"#
        let metadata = try JSONReader.parse(Array(text.utf8))
        let made = try BenchInput.tensors(metadata: metadata, shapes: ["X": [2, 3]], content: .random)
        let elements = try #require(made.first).elements()
        #expect(elements.count == 6)
        #expect(elements.allSatisfy { ($0.double ?? 0).isFinite })
        #expect(throws: ClientError.self) {
            try BenchInput.tensors(metadata: metadata, shapes: ["Y": [1]], content: .zeros)
        }
        #expect(throws: ClientError.self) {
            try BenchInput.tensors(metadata: metadata, shapes: ["X": [1 << 20, 1 << 20]], content: .zeros)
        }
    }

    @Test(arguments: [
        ([-1, 784], 784, [1, 784] as [Int64]?), ([-1, 784], 1568, [2, 784]), ([-1, -1], 6, [1, 6]),
        ([2, 3], 5, [2, 3]),
        ([-1, 784], 100, nil),
    ])
    func fillsOpenDimensions(_ shape: [Int64], count: Int, resolved: [Int64]?) {
        #expect((try? TensorArgument.resolve(shape, count: count, name: "X")) == resolved)
    }

    @Test(arguments: ["X", ":1", "X:", "X:1,", "X:-1", "X:a"])
    func refusesShapes(_ argument: String) {
        #expect(ShapeArgument(argument: argument) == nil)
    }

    @Test(arguments: ["", "0", "1,", "a", "70000"])
    func refusesCounts(_ argument: String) {
        #expect(CountList(argument: argument) == nil)
    }
}

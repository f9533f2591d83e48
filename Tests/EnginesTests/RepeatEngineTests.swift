// SPDX-License-Identifier: Apache-2.0
import Inference
import Synchronization
import Testing

@testable import Engines

@Suite struct RepeatEngineTests {
    private static func configuration(
        isDecoupled: Bool = true,
        _ change: (inout EngineModelConfiguration) -> Void = { _ in }
    ) -> EngineModelConfiguration {
        var configuration = EngineModelConfiguration(
            inputs: [
                TensorSpec(name: "IN", dataType: .int32, shape: [-1]),
                TensorSpec(name: "DELAY", dataType: .uint32, shape: [-1]),
                TensorSpec(name: "WAIT", dataType: .uint32, shape: [1]),
            ],
            outputs: [
                TensorSpec(name: "OUT", dataType: .int32, shape: [1]),
                TensorSpec(name: "IDX", dataType: .uint32, shape: [1]),
            ],
            maxBatchSize: 0,
            isDecoupled: isDecoupled
        )
        change(&configuration)
        return configuration
    }

    private static func instance(isDecoupled: Bool = true) throws -> any EngineInstance {
        let source = EngineModelSource(
            modelName: "m",
            version: 1,
            files: NoFiles(),
            path: "1/model",
            outputLimit: 1 << 20
        )
        let model = try RepeatEngine().open(source)
        try model.configure(configuration(isDecoupled: isDecoupled))
        #expect(!model.hasSteadyCost)
        return try model.makeInstance(0)
    }

    private static func request(_ values: [Int32], delays: [UInt32]? = nil, wait: UInt32 = 0) -> InferenceRequest {
        let delays = delays ?? values.map { _ in 0 }
        return makeRequest([
            InputTensor(name: "IN", dataType: .int32, shape: [Int64(values.count)], bytes: TensorBytes(of: values)),
            InputTensor(name: "DELAY", dataType: .uint32, shape: [Int64(delays.count)], bytes: TensorBytes(of: delays)),
            InputTensor(name: "WAIT", dataType: .uint32, shape: [1], bytes: TensorBytes(of: [wait])),
        ])
    }

    private final class Stream: BatchResponder {
        private let events = Mutex<[ResponseEvent]>([])
        private let end = Mutex<MonotonicTime?>(nil)

        func deliver(_ event: ResponseEvent, toRequestAt index: Int) {
            events.withLock { $0.append(event) }
            switch event {
            case .completed, .failed, .response(_, isFinal: true): end.withLock { $0 = .now() }
            default: break
            }
        }

        var all: [ResponseEvent] { events.withLock { $0 } }

        /// When the last answer came, told by whoever gave it: the test itself may be woken much later.
        var endedAt: MonotonicTime? { end.withLock { $0 } }

        func ended() async -> Bool {
            for _ in 0..<5000 where endedAt == nil { try? await Task.sleep(for: .milliseconds(1)) }
            return endedAt != nil
        }

        var pairs: [[Int64]] {
            all.compactMap { event in
                guard case .response(let response, _) = event else { return nil }
                return response.outputs.map { output in
                    output.bytes.withUnsafeBytes { Int64($0.loadUnaligned(as: Int32.self)) }
                }
            }
        }
    }

    private static func run(_ instance: any EngineInstance, _ request: InferenceRequest) -> Stream {
        let stream = Stream()
        instance.execute(
            ExecutionBatch(
                requests: [BatchedRequest(request: request, batchSize: 1)],
                totalBatchSize: 1,
                responder: stream
            )
        )
        return stream
    }

    @Test(arguments: [[], [7], [4, -1, 0, 1 << 30], Array(repeating: 5, count: 1000)] as [[Int32]])
    func everyElementComesBackWithItsIndex(values: [Int32]) async throws {
        let instance = try Self.instance()
        let stream = Self.run(instance, Self.request(values))
        #expect(await stream.ended())
        #expect(stream.pairs == values.enumerated().map { [Int64($1), Int64($0)] })
        guard case .completed? = stream.all.last else {
            Issue.record("the end is \(String(describing: stream.all.last))")
            return
        }
    }

    @Test func delaysAreWaitedWithoutTheInstance() async throws {
        let instance = try Self.instance()
        let began = MonotonicTime.now()
        let slowest = Self.request([1, 2], delays: [0, 600_000])
        let slow = Self.run(instance, Self.request([1, 2], delays: [0, 200]))
        let held = Self.run(instance, slowest)
        let quick = Self.run(instance, Self.request([3]))
        #expect(await quick.ended())
        #expect(await slow.ended())
        #expect(MonotonicTime.now().nanoseconds(since: began) >= 190_000_000)
        #expect(slow.pairs == [[1, 0], [2, 1]])
        #expect(held.pairs == [[1, 0]])
        slowest.cancel()
        #expect(await held.ended())
    }

    @Test func waitHoldsTheInstance() async throws {
        let instance = try Self.instance()
        let began = MonotonicTime.now()
        let stream = Self.run(instance, Self.request([1], wait: 100))
        #expect(MonotonicTime.now().nanoseconds(since: began) >= 100_000_000)
        #expect(stream.pairs == [[1, 0]])
    }

    @Test func aCancelledRequestEndsSoon() async throws {
        let instance = try Self.instance()
        let request = Self.request([1, 2], delays: [0, 600_000])
        let stream = Self.run(instance, request)
        try await Task.sleep(for: .milliseconds(30))
        request.cancel()
        #expect(await stream.ended())
        #expect(stream.pairs == [[1, 0]])
    }

    @Test(arguments: [(600_000 as UInt32, true), (600_001, false)])
    func delaysAreBounded(milliseconds: UInt32, passes: Bool) async throws {
        let request = Self.request([1], delays: [milliseconds])
        request.cancel()
        let stream = Self.run(try Self.instance(), request)
        #expect(await stream.ended())
        if case .failed(let error)? = stream.all.last {
            #expect(!passes && error.message.contains("a delay of 600001 ms exceeds the maximum of 600000 ms"))
        } else {
            #expect(passes)
        }
    }

    @Test func shapesOfInputsMustMatch() throws {
        let answers = try Self.instance().run([Self.request([1, 2], delays: [0])], batches: false)
        #expect(answers.error()?.message.hasSuffix("expected IN and DELAY shape to match, got [2] and [1]") == true)
    }

    @Test func aModelThatIsNotDecoupledTakesOneElement() throws {
        let instance = try Self.instance(isDecoupled: false)
        let outputs = try instance.run([Self.request([9], delays: [5])], batches: false).outputs()
        #expect(outputs.map(\.name) == ["OUT", "IDX"])
        for values in [[], [1, 2]] as [[Int32]] {
            let answers = instance.run([Self.request(values)], batches: false)
            #expect(answers.error()?.message.contains("is not decoupled and gives one response") == true)
        }
    }

    @Test func manyResponsesASecond() async throws {
        let count = 20_000
        let instance = try Self.instance()
        let began = MonotonicTime.now()
        let stream = Self.run(instance, Self.request(Array(repeating: 1, count: count)))
        #expect(await stream.ended())
        #expect(stream.all.count == count + 1)
        // Nothing is waited for between answers: even a debug build among hundreds of other tests stays above the pace of
        // a timer of ten milliseconds.
        let seconds = Double(try #require(stream.endedAt).nanoseconds(since: began)) / 1e9
        #expect(Double(count) / seconds > 100)
    }

    private struct Refusal: Sendable {
        var message: String
        var change: @Sendable (inout EngineModelConfiguration) -> Void

        init(_ message: String, _ change: @escaping @Sendable (inout EngineModelConfiguration) -> Void) {
            self.message = message
            self.change = change
        }
    }

    private static let refusals = [
        Refusal("repeat backend only supports models with max_batch_size == 0") { $0.maxBatchSize = 1 },
        Refusal("expected 3 inputs, got 2") { $0.inputs.removeLast() },
        Refusal("expected 2 outputs, got 3") { $0.outputs.append($0.outputs[0]) },
        Refusal("expected second input tensor name to be DELAY, got X") { $0.inputs[1].name = "X" },
        Refusal("expected second output tensor name to be IDX, got X") { $0.outputs[1].name = "X" },
        Refusal("expected IN datatype to be INT32, got TYPE_FP32") { $0.inputs[0].dataType = .fp32 },
        Refusal("expected IN shape to have one dimension, got [1,1]") { $0.inputs[0].shape = [1, 1] },
        Refusal("expected IN and DELAY shape to match, got [-1] and [4]") { $0.inputs[1].shape = [4] },
        Refusal("expected WAIT shape to be [1], got [2]") { $0.inputs[2].shape = [2] },
        Refusal("expected OUT shape to be [1], got [-1]") { $0.outputs[0].shape = [-1] },
    ]

    @Test func configurationsAreChecked() {
        for refusal in Self.refusals {
            let error = #expect(throws: ServingError.self) {
                try RepeatSignature.check(Self.configuration(refusal.change))
            }
            #expect(error?.message == refusal.message)
        }
    }
}

private struct NoFiles: ModelFiles {
    func read(_ path: String, limit: Int) throws(ServingError) -> TensorBytes {
        throw ServingError(.notFound, "there is no '\(path)'")
    }
    func exists(_ path: String) -> Bool { false }
    func list(_ path: String) throws(ServingError) -> [String] { [] }
    func isDirectory(_ path: String) -> Bool { false }
}

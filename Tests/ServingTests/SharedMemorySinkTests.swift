// SPDX-License-Identifier: Apache-2.0
import Foundation
import Inference
import Synchronization
import Testing

@testable import Serving

@Suite("Outputs in shared memory") struct SharedMemorySinkTests {
    private final class Collector: ResponseSink {
        let events = Mutex<[ResponseEvent]>([])
        func receive(_ event: ResponseEvent) { events.withLock { $0.append(event) } }
        var outputs: [OutputTensor] {
            events.withLock { events in
                events.flatMap { event -> [OutputTensor] in
                    guard case .response(let response, _) = event else { return [] }
                    return response.outputs
                }
            }
        }
        var failures: [ServingError] {
            events.withLock { $0.compactMap { if case .failed(let error) = $0 { error } else { nil } } }
        }
    }

    private let objects = SharedObjects()

    private func output(_ name: String, _ bytes: [UInt8]) -> OutputTensor {
        OutputTensor(name: name, dataType: .uint8, shape: [Int64(bytes.count)], bytes: TensorBytes(bytes))
    }

    private func answer(_ outputs: OutputTensor..., isFinal: Bool = true) -> ResponseEvent {
        .response(InferenceResponse(outputs: outputs), isFinal: isFinal)
    }

    @Test("are written to their places, and the answer says where")
    func writes() async throws {
        let store = sharedMemoryStore()
        try store.register(region("r", objects.make("a", [UInt8](repeating: 0, count: 8)), offset: 1, size: 7))
        let collector = Collector()
        let sink = try SharedMemorySink(
            next: collector,
            requested: [
                RequestedOutput(name: "A", sharedMemory: slice("r", 0, 3)), RequestedOutput(name: "B"),
                RequestedOutput(name: "C", sharedMemory: slice("r", 3, 4)),
            ],
            store: store
        )
        sink.receive(answer(output("B", [7]), output("A", [1, 2, 3]), output("C", [4, 5])))
        #expect(objects.bytes("a") == [0, 1, 2, 3, 4, 5, 0, 0])
        #expect(collector.outputs.map(\.bytes.count) == [1, 0, 0])
        #expect(collector.outputs.map(\.sharedMemory) == [nil, slice("r", 0, 3), slice("r", 3, 2)])
        // The request has ended, so nothing holds the region.
        try await store.unregister("r")
    }

    @Test("need room for the result", arguments: [(3, true), (2, false)] as [(UInt64, Bool)])
    func room(size: UInt64, fits: Bool) async throws {
        let store = sharedMemoryStore()
        try store.register(region("r", objects.make("a", [0, 0, 0, 0]), size: 4))
        let collector = Collector()
        let sink = try SharedMemorySink(
            next: collector,
            requested: [RequestedOutput(name: "A", sharedMemory: slice("r", 0, size))],
            store: store
        )
        sink.receive(answer(output("A", [1, 2, 3])))
        if fits {
            #expect(collector.failures.isEmpty && objects.bytes("a") == [1, 2, 3, 0])
        } else {
            #expect(
                collector.failures == [
                    ServingError(
                        .internalError,
                        "shared memory size specified with the request for output 'A' (2 bytes) should be at least 3"
                            + " bytes to hold the results"
                    )
                ]
            )
            #expect(objects.bytes("a") == [0, 0, 0, 0])
        }
        try await store.unregister(nil)
    }

    @Test("that are cut short in mid-request fail it once")
    func truncation() async throws {
        let store = sharedMemoryStore()
        try store.register(region("r", objects.make("a", [0, 0, 0, 0]), size: 4))
        let collector = Collector()
        let sink = try SharedMemorySink(
            next: collector,
            requested: [RequestedOutput(name: "A", sharedMemory: slice("r", 0, 4))],
            store: store
        )
        sink.receive(answer(output("A", [1]), isFinal: false))
        objects.truncate("a", to: 0)
        sink.receive(answer(output("A", [2]), isFinal: false))
        sink.receive(answer(output("A", [3]), isFinal: true))
        #expect(collector.outputs.count == 1)
        #expect(collector.failures.map(\.code) == [.invalidArgument])
        #expect(objects.bytes("a").isEmpty)
        try await store.unregister(nil)
    }

    @Test("of one request may not overlap, also through two regions of one object")
    func overlaps() async throws {
        let key = objects.make("a", [UInt8](repeating: 0, count: 16))
        let other = objects.make("b", [UInt8](repeating: 0, count: 16))
        let store = sharedMemoryStore()
        try store.register(region("x", key, size: 16))
        try store.register(region("y", key, offset: 8, size: 8))
        try store.register(region("z", other, size: 16))
        func sink(_ first: SharedMemorySlice, _ second: SharedMemorySlice) throws(ServingError) {
            _ = try SharedMemorySink(
                next: Collector(),
                requested: [
                    RequestedOutput(name: "A", sharedMemory: first), RequestedOutput(name: "B", sharedMemory: second),
                ],
                store: store
            )
        }
        let expected = ServingError(.invalidArgument, "outputs 'A' and 'B' overlap in shared memory")
        #expect(refusal { () throws(ServingError) in try sink(slice("x", 0, 9), slice("x", 8, 1)) } == expected)
        #expect(refusal { () throws(ServingError) in try sink(slice("y", 0, 1), slice("x", 0, 9)) } == expected)
        #expect(refusal { () throws(ServingError) in try sink(slice("x", 0, 8), slice("y", 0, 8)) } == nil)
        #expect(refusal { () throws(ServingError) in try sink(slice("x", 0, 8), slice("z", 0, 8)) } == nil)
        #expect(refusal { () throws(ServingError) in try sink(slice("x", 4, 0), slice("x", 0, 8)) } == nil)
        // None of the sinks is left, so neither is any lease.
        try await store.unregister(nil)
    }

    @Test("are let go of by a request that is forgotten or fails", arguments: [true, false])
    func release(failing: Bool) async throws {
        let store = sharedMemoryStore()
        try store.register(region("r", objects.make("a", [0]), size: 1))
        let requested = [RequestedOutput(name: "A", sharedMemory: slice("r", 0, 1))]
        var sink: SharedMemorySink? = try SharedMemorySink(next: Collector(), requested: requested, store: store)
        if failing { sink?.receive(.failed(ServingError(.cancelled, "x"))) } else { sink = nil }
        try await store.unregister("r")
        withExtendedLifetime(sink) {}
    }
}

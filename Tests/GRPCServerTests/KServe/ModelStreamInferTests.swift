// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import GRPCServer
import Inference
import InferenceProtos
import NIOCore
import NIOEmbedded
import SwiftProtobuf
import Testing

@Suite struct ModelStreamInferTests {
    private let loop = EmbeddedEventLoop()
    private let service = ScriptedService()

    private func open(
        _ metadata: [(name: String, value: String)] = [],
        drain: DrainState = DrainState(),
        backlog: Int = 1 << 20,
        trace: (any TraceControl)? = nil
    ) -> (FakeCall, any RPCReceiver) {
        let call = FakeCall(eventLoop: loop, metadata: metadata)
        let environment = KServeEnvironment.scripted(
            service: service,
            drain: drain,
            eventLoop: loop,
            streamBacklogBytes: backlog,
            trace: trace
        )
        let receiver = environment.method("ModelStreamInfer").open(call)
        call.receiver = receiver
        return (call, receiver)
    }

    private func message(_ request: Request, _ charge: Int) -> RPCMessage {
        RPCMessage(bytes: TensorBytes(request.bytes), charge: charge)
    }

    private func response(_ value: UInt8, count: Int = 1) -> InferenceResponse {
        let bytes = TensorBytes(Array(repeating: value, count: count))
        return InferenceResponse(
            outputs: [OutputTensor(name: "OUTPUT", dataType: .uint8, shape: [Int64(count)], bytes: bytes)]
        )
    }

    /// `id:value`, `!` if it is final, `?text` for an error.
    private func lines(_ call: FakeCall) throws -> [String] {
        try call.sent.map { bytes in
            let message = try Inference_ModelStreamInferResponse(serializedBytes: bytes)
            let answer = message.inferResponse
            let value = answer.rawOutputContents.first.flatMap(\.first).map { ":\($0)" } ?? ""
            let error = message.errorMessage.isEmpty ? "" : "?" + message.errorMessage
            guard case .boolParam(let isFinal) = answer.parameters["triton_final_response"]?.parameterChoice else {
                return "no finality"
            }
            return answer.id + value + error + (isFinal ? "!" : "")
        }
    }

    @Test func ordinaryAnswersKeepTheirOrder() throws {
        let (call, receiver) = open()
        receiver.messageArrived(message(.plain(id: "a"), 1))
        receiver.messageArrived(message(.plain(id: "b"), 2))
        receiver.messageArrived(message(.plain("streaming", id: "c"), 3))
        receiver.halfClosed()
        service.plain.answer(1, .response(response(2), isFinal: true))
        service.streaming.answer(0, .response(response(3), isFinal: false))
        loop.run()
        #expect(try lines(call) == ["c:3"])
        #expect(call.done.isEmpty)
        service.plain.answer(0, .response(response(1), isFinal: true))
        loop.run()
        #expect(try lines(call) == ["c:3", "a:1!", "b:2!"])
        #expect(call.done == [1, 2])
        #expect(call.status == nil)
        service.streaming.answer(0, .completed)
        loop.run()
        #expect(call.sent.count == 3)
        #expect(call.done == [1, 2, 3])
        #expect(call.status == .ok)
    }

    @Test func aRequestTooManyIsRefusedInItsPlaceAndTheStreamGoesOn() throws {
        let (call, receiver) = open()
        call.requestLimit = 1
        receiver.messageArrived(message(.plain(id: "a"), 1))
        receiver.messageArrived(message(.plain(id: "b"), 2))
        service.plain.answer(0, .response(response(1), isFinal: true))
        loop.run()
        #expect(try lines(call) == ["a:1!", "b?too many requests in flight!"])
        #expect(call.begun == 0)
        receiver.messageArrived(message(.plain(id: "c"), 3))
        receiver.halfClosed()
        service.plain.answer(1, .response(response(2), isFinal: true))
        loop.run()
        #expect(try lines(call).last == "c:2!")
        #expect(call.begun == 0)
        #expect(call.concluded == [0, 14, 0])
        #expect(call.status == .ok)
    }

    @Test func answersThatWaitForTheClientAreCharged() throws {
        let (call, receiver) = open()
        call.isWritable = true
        receiver.messageArrived(message(.plain(id: "a"), 1))
        receiver.messageArrived(message(.plain("streaming", id: "b"), 2))
        call.isWritable = false
        service.plain.answer(0, .response(response(1, count: 1000), isFinal: true))
        service.streaming.answer(0, .response(response(1, count: 500), isFinal: false))
        loop.run()
        #expect(call.sent.isEmpty)
        #expect(call.heldBack > 1500)
        call.isWritable = true
        receiver.becameWritable()
        #expect(call.sent.count == 2)
        receiver.cancelled()
        service.streaming.answer(0, .completed)
        loop.run()
    }

    @Test func theEmptyFinalAnswerIsAskedFor() throws {
        let (call, receiver) = open()
        var request = Request.plain("streaming", id: "a")
        request.parameters["triton_enable_empty_final_response"] = .init(.boolParam(true))
        receiver.messageArrived(message(request, 1))
        receiver.halfClosed()
        service.streaming.answer(0, .response(response(1), isFinal: false))
        service.streaming.answer(0, .completed)
        loop.run()
        #expect(try lines(call) == ["a:1", "a!"])
        let last = try Inference_ModelStreamInferResponse(serializedBytes: call.sent[1]).inferResponse
        #expect(last.modelName == "streaming" && last.modelVersion == "3" && last.outputs.isEmpty)
        #expect(call.status == .ok)
    }

    @Test func errorsComeInTheStream() throws {
        let (call, receiver) = open()
        var broken = Request.plain(id: "b")
        broken.rawInputContents = []
        receiver.messageArrived(message(.plain("absent", id: "a"), 1))
        receiver.messageArrived(message(broken, 2))
        receiver.messageArrived(message(.plain(id: "c"), 3))
        service.plain.answer(0, .failed(ServingError(.invalidArgument, "bad")))
        loop.run()
        receiver.halfClosed()
        #expect(
            try lines(call) == [
                "a?Request for unknown model: 'absent' is not found!",
                "b?unable to find data for input tensor 'INPUT' for model 'plain' in request.!", "c?bad!",
            ]
        )
        #expect(call.done == [1, 2, 3])
        #expect(call.status == .ok)
    }

    @Test func strictErrorsEndTheStream() throws {
        let (call, receiver) = open([("triton_grpc_error", "true")])
        receiver.messageArrived(message(.plain(id: "a"), 1))
        receiver.messageArrived(message(.plain(id: "b"), 2))
        service.plain.answer(1, .failed(ServingError(.notFound, "gone")))
        loop.run()
        #expect(call.sent.isEmpty)
        #expect(call.status == RPCStatus(.notFound, "gone"))
        #expect(service.plain.requests[0].isCancelled)
        #expect(call.done == [2])
        service.plain.answer(0, .failed(ServingError(.cancelled, "cancelled")))
        loop.run()
        #expect(call.done == [2, 1])
    }

    @Test func whatIsNoRequestEndsTheStream() {
        let (call, receiver) = open()
        receiver.messageArrived(message(.plain(id: "a"), 1))
        receiver.messageArrived(RPCMessage(bytes: TensorBytes([0xFF]), charge: 2))
        #expect(call.status?.code == .internalError)
        #expect(service.plain.requests[0].isCancelled)
        #expect(call.done == [2])
    }

    @Test func whatExceedsALimitIsAnError() throws {
        let (call, receiver) = open()
        var request = Request.plain(id: "a")
        request.outputs = (0..<257).map { index in .with { $0.name = "O\(index)" } }
        receiver.messageArrived(message(request, 1))
        #expect(try lines(call) == ["a?number of outputs in request exceeds the maximum of 256!"])
    }

    @Test func cancellationReachesEveryModel() {
        let (call, receiver) = open()
        receiver.messageArrived(message(.plain(id: "a"), 1))
        receiver.messageArrived(message(.plain("streaming", id: "b"), 2))
        receiver.cancelled()
        #expect(service.plain.requests[0].isCancelled)
        #expect(service.streaming.requests[0].isCancelled)
        #expect(call.status == nil && call.done.isEmpty)
        service.streaming.answer(0, .response(response(1), isFinal: true))
        service.plain.answer(0, .completed)
        loop.run()
        #expect(call.sent.isEmpty)
        #expect(call.done == [2, 1])
    }

    @Test func shuttingDownRefusesNewRequestsOnly() throws {
        let drain = DrainState()
        let (call, receiver) = open(drain: drain)
        receiver.messageArrived(message(.plain(id: "a"), 1))
        drain.begin()
        receiver.messageArrived(message(.plain(id: "b"), 2))
        service.plain.answer(0, .response(response(1), isFinal: true))
        loop.run()
        receiver.halfClosed()
        #expect(
            try lines(call) == [
                "a:1!", "b?GRPC server is shutting down and has stopped accepting new requests.!",
            ]
        )
        #expect(call.status == .ok)
    }

    /// Requests that come while the client does not read are not taken up, and stay charged to it.
    @Test func aSlowReaderIsNotServedFaster() throws {
        let (call, receiver) = open()
        receiver.messageArrived(message(.plain(id: "a"), 1))
        call.isWritable = false
        receiver.messageArrived(message(.plain(id: "b"), 2))
        receiver.halfClosed()
        #expect(service.plain.requests.count == 1)
        service.plain.answer(0, .response(response(1), isFinal: true))
        loop.run()
        #expect(call.sent.isEmpty && call.done.isEmpty)
        call.isWritable = true
        receiver.becameWritable()
        #expect(try lines(call) == ["a:1!"])
        #expect(call.done == [1])
        #expect(service.plain.requests.count == 2)
        service.plain.answer(1, .response(response(2), isFinal: true))
        loop.run()
        #expect(try lines(call) == ["a:1!", "b:2!"])
        #expect(call.status == .ok)
    }

    @Test func whatWaitsForASlowReaderIsBounded() {
        let (call, receiver) = open(backlog: 10_000)
        receiver.messageArrived(message(.plain("streaming", id: "a"), 1))
        call.isWritable = false
        receiver.messageArrived(message(.plain(id: "b"), 2))
        for _ in 0..<5 { service.streaming.answer(0, .response(response(1, count: 3000), isFinal: false)) }
        loop.run()
        #expect(call.status?.code == .resourceExhausted)
        #expect(service.streaming.requests[0].isCancelled)
        #expect(call.done == [2])
        service.streaming.answer(0, .completed)
        loop.run()
        #expect(call.done == [2, 1])
    }

    @Test func tracesAreRecorded() {
        let trace = ScriptedTrace()
        let (_, receiver) = open(trace: trace)
        receiver.messageArrived(message(.plain("streaming", id: "a"), 1))
        service.streaming.answer(0, .response(response(1), isFinal: false))
        service.streaming.answer(0, .completed)
        loop.run()
        #expect(
            trace.recorded == [
                "begin streaming 3 a", "GRPC_WAITREAD_START", "GRPC_WAITREAD_END", "GRPC_SEND_START",
                "GRPC_SEND_END", "end",
            ]
        )
    }
}

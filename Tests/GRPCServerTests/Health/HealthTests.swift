// SPDX-License-Identifier: Apache-2.0
import GRPCServer
import Inference
import InferenceProtos
import NIOCore
import NIOEmbedded
import SwiftProtobuf
import Testing

@Suite struct HealthTests {
    private let loop = EmbeddedEventLoop()
    private let control = ScriptedControl()
    private let drain = DrainState()

    private func open(_ method: String, service: String) throws -> FakeCall {
        let call = FakeCall(eventLoop: loop)
        let environment = KServeEnvironment.scripted(control: control, drain: drain, eventLoop: loop)
        let receiver = environment.method(method).open(call)
        call.receiver = receiver
        let request = Grpc_Health_V1_HealthCheckRequest.with { $0.service = service }
        receiver.messageArrived(RPCMessage(bytes: TensorBytes(try request.serializedBytes()), charge: 1))
        receiver.halfClosed()
        return call
    }

    private func states(_ call: FakeCall) throws -> [Grpc_Health_V1_HealthCheckResponse.ServingStatus] {
        try call.sent.map { try Grpc_Health_V1_HealthCheckResponse(serializedBytes: $0).status }
    }

    /// Triton looks at no name.
    @Test(arguments: ["", "inference.GRPCInferenceService", "x"])
    func check(service: String) throws {
        let ready = try open("Check", service: service)
        #expect(try states(ready) == [.serving])
        #expect(ready.status == .ok)
        control.isReady = false
        #expect(try states(open("Check", service: service)) == [.notServing])
        control.isReady = true
        control.isExiting = true
        #expect(try states(open("Check", service: service)) == [.notServing])
    }

    @Test func unknownService() throws {
        let watch = try open("Watch", service: "x")
        #expect(try states(watch) == [.serviceUnknown])
        #expect(watch.status == nil)
    }

    @Test func watchTellsChangesOnly() throws {
        let call = try open("Watch", service: "")
        #expect(try states(call) == [.serving])
        #expect(call.done == [1])
        loop.advanceTime(by: .seconds(3))
        #expect(call.sent.count == 1)
        control.isReady = false
        loop.advanceTime(by: .seconds(1))
        #expect(try states(call) == [.serving, .notServing])
        // What happened while the client did not read is told once, as it is then.
        call.isWritable = false
        control.isReady = true
        loop.advanceTime(by: .seconds(2))
        #expect(call.sent.count == 2)
        call.isWritable = true
        loop.advanceTime(by: .seconds(1))
        #expect(try states(call) == [.serving, .notServing, .serving])
        control.isExiting = true
        loop.advanceTime(by: .seconds(1))
        #expect(try states(call) == [.serving, .notServing, .serving, .notServing])
        #expect(call.status == nil, "it is not ready, and still answers")
        drain.begin()
        loop.advanceTime(by: .seconds(1))
        #expect(call.status == RPCStatus(.unavailable, "Server exiting"))
        loop.advanceTime(by: .seconds(5))
        #expect(call.sent.count == 4)
    }

    @Test func aWatchThatIsCancelledLooksNoMore() throws {
        let call = try open("Watch", service: "")
        call.receiver?.cancelled()
        control.isReady = false
        loop.advanceTime(by: .seconds(5))
        #expect(call.sent.count == 1)
    }
}

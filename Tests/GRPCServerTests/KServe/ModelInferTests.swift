// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import GRPCServer
import Inference
import InferenceProtos
import NIOCore
import NIOEmbedded
import SwiftProtobuf
import TestSupport
import Testing
import Transport

@Suite struct ModelInferTests {
    private let loop = EmbeddedEventLoop()
    private let service = ScriptedService()
    private let call: FakeCall

    init() { call = FakeCall(eventLoop: loop) }

    private func open(_ environment: KServeEnvironment? = nil) -> any RPCReceiver {
        let environment = environment ?? .scripted(service: service, eventLoop: loop)
        let receiver = environment.method("ModelInfer").open(call)
        call.receiver = receiver
        return receiver
    }

    private func infer(_ request: Request, _ environment: KServeEnvironment? = nil) -> any RPCReceiver {
        let receiver = open(environment)
        receiver.messageArrived(RPCMessage(bytes: TensorBytes(request.bytes), charge: 1))
        receiver.halfClosed()
        return receiver
    }

    private static let output = InferenceResponse(
        outputs: [OutputTensor(name: "OUTPUT", dataType: .fp32, shape: [1], bytes: TensorBytes([1, 2, 3, 4]))]
    )

    @Test func anAnswerEndsTheCall() throws {
        _ = infer(.plain(id: "7"))
        #expect(service.plain.requests.count == 1)
        let fields = service.plain.requests[0].fields
        #expect(fields.principal == Principal(name: "tester"))
        #expect(fields.lender != nil)
        #expect(call.done.isEmpty)
        service.plain.answer(0, .response(Self.output, isFinal: true))
        #expect(call.status == nil)
        loop.run()
        #expect(call.status == .ok)
        #expect(call.done == [1])
        let answer = try Inference_ModelInferResponse(serializedBytes: call.sent[0])
        #expect(answer.modelName == "plain")
        #expect(answer.modelVersion == "3")
        #expect(answer.id == "7")
        #expect(answer.rawOutputContents == [.init([1, 2, 3, 4])])
        #expect(answer.parameters.isEmpty)
    }

    /// The tensor that the model sees lies where the message was put.
    @Test func rawTensorsAreNotCopied() {
        let message = TensorBytes(Request.plain().bytes)
        let receiver = open()
        receiver.messageArrived(RPCMessage(bytes: message, charge: 1))
        let range = message.withUnsafeBytes {
            UInt(bitPattern: $0.baseAddress)..<UInt(bitPattern: $0.baseAddress! + $0.count)
        }
        let tensor = service.plain.requests[0].fields.inputs[0].bytes
        #expect(tensor.withUnsafeBytes { range.contains(UInt(bitPattern: $0.baseAddress)) })
    }

    @Test func theEndMayComeByItself() {
        _ = infer(.plain())
        service.plain.answer(0, .response(Self.output, isFinal: false))
        loop.run()
        #expect(call.status == nil)
        service.plain.answer(0, .completed)
        loop.run()
        #expect(call.status == .ok)
        #expect(call.sent.count == 1)
    }

    @Test(arguments: [0, 2])
    func otherThanOneResponseIsAnError(count: Int) {
        _ = infer(.plain())
        for _ in 0..<count { service.plain.answer(0, .response(Self.output, isFinal: false)) }
        service.plain.answer(0, .completed)
        loop.run()
        #expect(call.status == RPCStatus(.internalError, "expected 1 response from model 'plain', got \(count)"))
        #expect(call.sent.isEmpty)
        #expect(call.done == [1])
    }

    @Test func errorsOfTheModelAreTheStatus() {
        _ = infer(.plain())
        service.plain.answer(0, .failed(ServingError(.invalidArgument, "[request id: <id_unknown>] bad")))
        loop.run()
        #expect(call.status == RPCStatus(.invalidArgument, "[request id: <id_unknown>] bad"))
        #expect(call.done == [1])
    }

    @Test(arguments: [
        ("absent", RPCStatus(.notFound, "Request for unknown model: 'absent' is not found")),
        (
            "streaming",
            RPCStatus(.unimplemented, "ModelInfer RPC doesn't support models with decoupled transaction policy")
        ),
        ("secret", RPCStatus(.permissionDenied, "no infer of secret")),
    ])
    func refusedBeforeTheModel(model: String, status: RPCStatus) {
        _ = infer(.plain(model), .scripted(gate: ScriptedGate(forbiddenModel: "secret"), eventLoop: loop))
        #expect(call.status == status)
        #expect(call.done == [1])
    }

    /// The gate is asked before a tensor is looked at: a broken one does not matter to whom may not have the model.
    @Test func theGateComesBeforeTheTensors() {
        var request = Request.plain("secret")
        request.rawInputContents = []
        _ = infer(request, .scripted(gate: ScriptedGate(forbiddenModel: "secret"), eventLoop: loop))
        #expect(call.status?.code == .permissionDenied)
    }

    @Test func whatIsNoRequestIsAnswered() {
        let receiver = open()
        receiver.messageArrived(RPCMessage(bytes: TensorBytes([0x0A, 0x7F]), charge: 1))
        #expect(call.status?.code == .internalError)
        #expect(call.status?.message.hasPrefix("Unable to parse request: ModelInferRequest: ") == true)
        #expect(call.done == [1])
    }

    @Test func shuttingDown() {
        let control = ScriptedControl()
        let drain = DrainState()
        control.isExiting = true
        let environment = KServeEnvironment.scripted(service: service, control: control, drain: drain, eventLoop: loop)
        // Readiness ends first; whoever has not noticed yet is still answered.
        environment.method("ModelInfer").open(FakeCall(eventLoop: loop))
            .messageArrived(RPCMessage(bytes: TensorBytes(Request.plain().bytes), charge: 1))
        #expect(service.plain.requests.count == 1)
        drain.begin()
        _ = infer(.plain(), environment)
        #expect(service.plain.requests.count == 1)
        #expect(
            call.status
                == RPCStatus(
                    .unavailable,
                    "GRPC server is shutting down and has stopped accepting new requests."
                )
        )
    }

    @Test func cancellationReachesTheModel() {
        let receiver = infer(.plain())
        receiver.cancelled()
        #expect(service.plain.requests[0].isCancelled)
        #expect(call.done.isEmpty)
        service.plain.answer(0, .failed(ServingError(.cancelled, "cancelled")))
        loop.run()
        #expect(call.done == [1])
        #expect(call.status == nil)
        #expect(call.sent.isEmpty)
    }

    @Test func cancelledBeforeItsMessage() {
        let receiver = open()
        receiver.cancelled()
        #expect(call.status == nil)
    }

    @Test func headersBecomeParameters() throws {
        let call = FakeCall(eventLoop: loop, metadata: [("x-who", "nobody"), ("x-other", "1")])
        let environment = KServeEnvironment.scripted(
            service: service,
            eventLoop: loop,
            headerForwarding: try HeaderForwarding(pattern: "^x-who$", flag: "--grpc-header-forward-pattern")
        )
        var request = Request.plain()
        request.parameters["own"] = .init(.boolParam(true))
        environment.method("ModelInfer").open(call)
            .messageArrived(RPCMessage(bytes: TensorBytes(request.bytes), charge: 1))
        #expect(
            service.plain.requests[0].fields.parameters == [
                Parameter(name: "own", value: .bool(true)), Parameter(name: "x-who", value: .string("nobody")),
            ]
        )
    }

    /// A request of a few bytes may name megabytes: they are charged before one of them is copied.
    @Test(arguments: [7, 8]) func sharedInputsAreCharged(room: Int) throws {
        let environment = KServeEnvironment.scripted(
            service: service,
            eventLoop: loop,
            sharedMemory: ScriptedMemory()
        )
        var request = Request.plain()
        request.rawInputContents = []
        request.inputs[0].parameters = [
            "shared_memory_region": .init(.stringParam("region")), "shared_memory_byte_size": .init(.int64Param(8)),
        ]
        call.room = room
        _ = infer(request, environment)
        #expect(service.plain.requests.count == (room < 8 ? 0 : 1))
        if room < 8 {
            #expect(call.status == RPCStatus(.unavailable, "no room for 8 bytes"))
            #expect(call.done == [1])
        } else {
            service.plain.answer(0, .response(Self.output, isFinal: true))
            loop.run()
            #expect(call.done == [9])
        }
    }

    @Test func restrictedCallsAreRefused() throws {
        let environment = KServeEnvironment.scripted(
            eventLoop: loop,
            restrictions: try RestrictedAPIs(.grpc, groups: ["inference:key=secret"])
        )
        _ = infer(.plain(), environment)
        #expect(
            call.status
                == RPCStatus(
                    .unavailable,
                    "This protocol is restricted, expecting header 'triton-grpc-protocol-key'"
                )
        )
    }

    @Test func tracesAreRecorded() {
        let trace = ScriptedTrace()
        _ = infer(.plain(id: "7"), .scripted(service: service, eventLoop: loop, trace: trace))
        #expect(service.plain.requests[0].fields.trace === trace)
        service.plain.answer(0, .response(Self.output, isFinal: true))
        loop.run()
        #expect(
            trace.recorded == [
                "begin plain 3 7", "GRPC_WAITREAD_START", "GRPC_WAITREAD_END", "GRPC_SEND_START", "GRPC_SEND_END",
                "end",
            ]
        )
    }
}

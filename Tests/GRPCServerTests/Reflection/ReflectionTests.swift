// SPDX-License-Identifier: Apache-2.0
import GRPCServer
import Inference
import InferenceProtos
import NIOCore
import NIOEmbedded
import SwiftProtobuf
import Testing

@Suite struct ReflectionTests {
    private typealias Request = Grpc_Reflection_V1_ServerReflectionRequest
    private typealias Response = Grpc_Reflection_V1_ServerReflectionResponse

    private let loop = EmbeddedEventLoop()

    private func open(_ version: String = "v1") throws -> FakeCall {
        let call = FakeCall(eventLoop: loop)
        let method = try #require(
            KServeMethods.table(.scripted(eventLoop: loop)).first {
                $0.path == "/grpc.reflection.\(version).ServerReflection/ServerReflectionInfo"
            }
        )
        call.receiver = method.open(call)
        return call
    }

    private func answer(_ request: Request, _ version: String = "v1") throws -> Response {
        let call = try open(version)
        call.receiver?.messageArrived(RPCMessage(bytes: TensorBytes(try request.serializedBytes()), charge: 1))
        call.receiver?.halfClosed()
        #expect(call.status == .ok)
        #expect(call.done == [1])
        let response = try Response(serializedBytes: try #require(call.sent.first))
        #expect(response.originalRequest == request)
        return response
    }

    @Test(arguments: ["v1", "v1alpha"])
    func servicesAreListed(version: String) throws {
        let response = try answer(.with { $0.listServices = "*" }, version)
        #expect(
            response.listServicesResponse.service.map(\.name) == [
                "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                "grpc.reflection.v1alpha.ServerReflection", "inference.GRPCInferenceService",
            ]
        )
    }

    private func files(_ request: Request) throws -> [String] {
        try answer(request).fileDescriptorResponse.fileDescriptorProto
            .map { try Google_Protobuf_FileDescriptorProto(serializedBytes: $0).name }
    }

    @Test(arguments: [
        "inference.GRPCInferenceService", "inference.GRPCInferenceService.ModelInfer", "inference.ModelInferRequest",
        "inference.ModelInferRequest.InferInputTensor", "inference.InferParameter.parameter_choice",
        "inference.ModelInferRequest.raw_input_contents",
    ])
    func symbolsAreFoundWithAllThatTheyImport(symbol: String) throws {
        #expect(
            try files(.with { $0.fileContainingSymbol = symbol }) == ["grpc_service.proto", "model_config.proto"]
        )
    }

    @Test func otherFilesAreFound() throws {
        #expect(try files(.with { $0.fileContainingSymbol = "inference.TYPE_FP32" }) == ["model_config.proto"])
        #expect(
            try files(.with { $0.fileContainingSymbol = "grpc.health.v1.HealthCheckResponse.SERVING" })
                == ["grpc/health/v1/health.proto"]
        )
        let path = "grpc/reflection/v1alpha/reflection.proto"
        #expect(try files(.with { $0.fileByFilename = path }) == [path])
    }

    @Test func whatIsNotThereIsNotFound() throws {
        let requests: [Request] = [
            .with { $0.fileByFilename = "x.proto" }, .with { $0.fileContainingSymbol = "inference.X" },
            .with { $0.fileContainingExtension.containingType = "inference.ModelConfig" },
            .with { $0.allExtensionNumbersOfType = "inference.X" },
        ]
        for request in requests { #expect(try answer(request).errorResponse.errorCode == 5) }
        #expect(try answer(Request()).errorResponse.errorCode == 3)
        let numbers = try answer(.with { $0.allExtensionNumbersOfType = "inference.ModelConfig" })
        #expect(numbers.allExtensionNumbersResponse.baseTypeName == "inference.ModelConfig")
    }

    @Test func requestsOfASlowReaderWait() throws {
        let call = try open()
        let request = try Request.with { $0.listServices = "" }.serializedBytes() as [UInt8]
        call.isWritable = false
        for charge in 1...3 {
            call.receiver?.messageArrived(RPCMessage(bytes: TensorBytes(request), charge: charge))
        }
        call.receiver?.halfClosed()
        #expect(call.sent.isEmpty && call.done.isEmpty && call.status == nil)
        call.isWritable = true
        call.receiver?.becameWritable()
        #expect(call.sent.count == 3 && call.done == [1, 2, 3] && call.status == .ok)
    }

    @Test func aMessageThatCannotBeReadEndsTheCall() throws {
        let call = try open()
        call.receiver?.messageArrived(RPCMessage(bytes: TensorBytes([0xFF]), charge: 1))
        #expect(call.status?.code == .internalError)
        #expect(call.done == [1])
    }
}

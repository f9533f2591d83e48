// SPDX-License-Identifier: Apache-2.0
private import FoundationEssentials
internal import Inference
internal import InferenceProtos
private import NIOCore
private import SwiftProtobuf
private import Transport

/// gRPC's server reflection protocol (`grpc/doc/server-reflection.md`), in both of its versions: they differ in the
/// name of the service only.
enum ReflectionMethods {
    static func table(_ environment: KServeEnvironment) -> [RPCMethod] {
        ["v1", "v1alpha"].map { version in
            RPCMethod(
                path: "/grpc.reflection.\(version).ServerReflection/ServerReflectionInfo",
                kind: .bidirectional,
                endpoint: .reflection,
                open: environment.restricting(.metadata) { ReflectionReceiver(call: $0) }
            )
        }
    }

    static func answer(
        _ request: Grpc_Reflection_V1_ServerReflectionRequest,
        _ index: DescriptorIndex
    ) -> Grpc_Reflection_V1_ServerReflectionResponse {
        .with {
            $0.validHost = request.host
            $0.originalRequest = request
            $0.messageResponse = outcome(request, index)
        }
    }

    private typealias Outcome = Grpc_Reflection_V1_ServerReflectionResponse.OneOf_MessageResponse

    private static func outcome(
        _ request: Grpc_Reflection_V1_ServerReflectionRequest,
        _ index: DescriptorIndex
    ) -> Outcome {
        switch request.messageRequest {
        case .fileByFilename(let name): return files(name, index)
        case .fileContainingSymbol(let symbol): return files(index.file(declaring: symbol), index)
        case .fileContainingExtension: return notFound("this server's protocols have no extensions")
        case .allExtensionNumbersOfType(let type):
            guard index.isMessage(type) else { return notFound("unknown message") }
            return .allExtensionNumbersResponse(.with { $0.baseTypeName = type })
        case .listServices:
            return .listServicesResponse(
                .with { $0.service = index.services.map { name in .with { $0.name = name } } }
            )
        case nil:
            return error(.invalidArgument, "the request asks for nothing")
        }
    }

    private static func files(_ name: String?, _ index: DescriptorIndex) -> Outcome {
        guard let name, let files = index.closure(of: name) else { return notFound("unknown file or symbol") }
        return .fileDescriptorResponse(.with { $0.fileDescriptorProto = files.map { Data($0) } })
    }

    private static func notFound(_ message: String) -> Outcome { error(.notFound, message) }

    private static func error(_ code: RPCStatus.Code, _ message: String) -> Outcome {
        .errorResponse(
            .with {
                $0.errorCode = Int32(code.rawValue)
                $0.errorMessage = message
            }
        )
    }
}

/// One call: a response for each request, in order. Requests of a client that does not read wait, charged to the call.
private final class ReflectionReceiver: RPCReceiver {
    private var call: (any RPCCall)?
    private var waiting = CircularBuffer<RPCMessage>()
    private var isHalfClosed = false

    init(call: any RPCCall) { self.call = call }

    func messageArrived(_ message: RPCMessage) {
        waiting.append(message)
        answerWaiting()
    }

    func halfClosed() {
        isHalfClosed = true
        answerWaiting()
    }

    func becameWritable() { answerWaiting() }

    func cancelled() {
        for message in waiting { call?.messageDone(message) }
        waiting.removeAll()
        call = nil
    }

    private func answerWaiting() {
        while let call, call.isWritable, let message = waiting.popFirst() {
            do throws(ServingError) {
                try call.requestBegan()
                defer { call.requestEnded() }
                let request = try call.taken(message, as: Grpc_Reflection_V1_ServerReflectionRequest.self)
                try call.send(ReflectionMethods.answer(request, .shared))
            } catch {
                end(RPCStatus(error))
            }
        }
        if isHalfClosed, waiting.isEmpty { end(.ok) }
    }

    private func end(_ status: RPCStatus) {
        let ending = call
        cancelled()
        ending?.finish(status)
    }
}

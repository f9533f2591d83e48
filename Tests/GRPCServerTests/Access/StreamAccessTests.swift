// SPDX-License-Identifier: Apache-2.0
import Inference
import InferenceProtos
import SwiftProtobuf
import TestSupport
import Testing

@testable import GRPCServer

/// What a stream may do is asked for each of its messages, and for as long as it lasts.
@Suite struct StreamAccessTests {
    private static let path = "/inference.GRPCInferenceService/ModelStreamInfer"

    private func answers(_ stream: FrameClient.Stream) throws -> [Inference_ModelStreamInferResponse] {
        try (stream.messages ?? []).map { try Inference_ModelStreamInferResponse(serializedBytes: $0) }
    }

    @Test("a message for a model out of reach is answered as for one that there is not")
    func eachMessageIsAuthorised() async throws {
        try await AccessRPC.run { server in
            let client = try await server.live.connect()
            let stream = client.open(Self.path, AccessRPC.metadata(server.callers.shown("here")))
            for (model, id) in [("plain", "a"), ("streaming", "b"), ("no-model", "c"), ("plain", "d")] {
                client.sendMessage(Request.plain(model, id: id).bytes, on: stream)
            }
            #expect(await eventually { server.service.plain.requests.count == 2 })
            #expect(server.service.streaming.requests.isEmpty)
            // Answers of models that are not decoupled come in the order of their requests.
            for index in 0..<2 {
                server.service.plain.answer(index, .failed(ServingError(.invalidArgument, "answered")))
            }
            #expect(await client.eventually { $0.streams[stream]?.messages?.count == 4 })
            let refused = try answers(client.stream(stream)).filter { $0.errorMessage != "answered" }
            try #require(refused.count == 2)
            let name = "streaming"
            #expect(
                refused.map(\.errorMessage) == [
                    "Request for unknown model: 'streaming' is not found",
                    "Request for unknown model: 'no-model' is not found",
                ]
            )
            var (hidden, missing) = (refused[0], refused[1])
            #expect(hidden.inferResponse.id == "b" && missing.inferResponse.id == "c")
            missing.errorMessage = missing.errorMessage.replacing("no-model", with: name)
            (hidden.inferResponse.id, missing.inferResponse.id) = ("", "")
            if missing.inferResponse.modelName == "no-model" { missing.inferResponse.modelName = name }
            #expect(hidden == missing)
            client.send([], on: stream, end: true)
            #expect(await client.ended(stream).status == 0)
            #expect(await eventually { server.callers.holdsNothing })
        }
    }

    @Test(
        "ends soon after its key's revocation",
        arguments: [
            "/inference.GRPCInferenceService/ModelStreamInfer", "/grpc.health.v1.Health/Watch",
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        ]
    )
    func revokedStreamsEnd(path: String) async throws {
        try await AccessRPC.run { server in
            let key = try server.callers.makeKey("temporary")
            let client = try await server.live.connect()
            let (ending, lasting) = (
                client.open(path, [("x-api-key", key)]),
                client.open(path, [("x-api-key", server.callers.key("all"))])
            )
            if path == Self.path {
                for stream in [ending, lasting] { client.sendMessage(Request.plain(id: "a").bytes, on: stream) }
                #expect(await eventually { server.service.plain.requests.count == 2 })
            } else {
                for stream in [ending, lasting] { client.sendMessage([], on: stream) }
                #expect(await client.eventually { $0.streams[ending]?.messages?.count == 1 })
            }
            let began = ContinuousClock.now
            try server.callers.revoke("temporary")
            if path == Self.path { client.sendMessage(Request.plain(id: "b").bytes, on: ending) }
            let answer = await client.ended(ending)
            // Told by a timer of its own and not by what comes next on the stream: how soon is measured on a live server,
            // which does not share its process with a thousand other tests.
            #expect(ContinuousClock.now - began < .seconds(10))
            #expect(answer.status == 16)
            #expect(!client.stream(lasting).isEnded)
            if path == Self.path {
                #expect(server.service.plain.requests.count == 2, "what came after the revocation reached no model")
                #expect(await eventually { server.service.plain.requests.contains { $0.isCancelled } })
                for index in 0..<2 { server.service.plain.answer(index, .failed(ServingError(.cancelled, "over"))) }
            }
            client.reset(lasting)
            #expect(await eventually { server.callers.holdsNothing })
        }
    }
}

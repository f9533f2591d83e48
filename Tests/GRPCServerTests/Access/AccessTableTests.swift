// SPDX-License-Identifier: Apache-2.0
import Inference
import InferenceProtos
import NIOHPACK
import NIOPosix
import SwiftProtobuf
import TestSupport
import Testing

@testable import GRPCServer

/// Every method and credential against a real gate: the answer follows from the one table of endpoints.
@Suite("Access over gRPC, from the table") struct AccessTableTests {
    @Test("covers every method there is")
    func coverage() async throws {
        let calls = try AccessRPC.calls(model: "plain")
        try await AccessRPC.run { server in
            let table = KServeMethods.table(.scripted(eventLoop: server.live.loops.next()))
            #expect(Set(table.map(\.path)) == Set(calls.map(\.path)))
            for method in table {
                let endpoints = Set(calls.filter { $0.path == method.path }.map(\.endpoint))
                #expect(endpoints.contains(method.endpoint), "\(method.path)")
            }
        }
    }

    private static func isAsTold(_ stream: FrameClient.Stream, _ call: AccessRPC.Call, _ verdict: Verdict) -> Bool {
        switch verdict {
        case .unauthenticated: return stream.status == 16 && stream.bytes.isEmpty
        case .forbidden: return stream.status == 7 && stream.bytes.isEmpty
        case .outOfReach where call.endpoint == .streamInfer:
            let answer = stream.messages?.first.flatMap {
                try? Inference_ModelStreamInferResponse(serializedBytes: $0)
            }
            return stream.status == 0
                && answer?.errorMessage == "Request for unknown model: '\(call.model ?? "")' is not found"
        case .outOfReach:
            let expected = [.statistics: 3, .load: 13][call.endpoint] ?? 5
            return stream.status == expected && stream.bytes.isEmpty
        case .allowed where call.staysOpen: return stream.messages?.count == 1 && !stream.isEnded
        // ScriptedControl knows every model, and the only service that it does not know is asked for by name.
        case .allowed: return ![7, 16].contains(stream.status) && (stream.status != 5 || call.model == nil)
        }
    }

    @Test("is followed by every method with every credential")
    func everyMethod() async throws {
        let calls = try AccessRPC.calls(model: "plain")
        try await AccessRPC.run(refusal: ServingError(.internalError, "reached")) { server in
            for call in calls {
                let client = try await server.live.connect()
                let streams = server.callers.shown.map { credential in
                    let stream = client.open(call.path, AccessRPC.metadata(credential))
                    client.sendMessage(call.content, on: stream, end: !call.staysOpen)
                    return (stream, credential)
                }
                for (stream, credential) in streams {
                    let verdict = Verdict(call.endpoint, model: call.model, for: credential.grant)
                    _ = await client.eventually {
                        let seen = $0.streams[stream]
                        let isOver = $0.isClosed || seen?.isEnded == true || seen?.reset != nil
                        return isOver || (call.staysOpen && seen?.messages?.count == 1)
                    }
                    let answer = client.stream(stream)
                    #expect(
                        Self.isAsTold(answer, call, verdict),
                        "\(call.path) \(call.endpoint) with \(credential): \(String(describing: answer.status))"
                    )
                }
                await client.close()
            }
            #expect(await eventually { server.callers.holdsNothing })
        }
    }

    @Test(
        "CVE-2026-24206, CVE-2026-24207, CVE-2026-47481: an unknown method tells nothing",
        arguments: [
            "/inference.GRPCInferenceService/Nope", "/inference.GRPCInferenceService/modelinfer",
            "//inference.GRPCInferenceService/ModelInfer", "/inference.GRPCInferenceService/ModelInfer/",
            "/inference.GRPCInferenceService/%53erverLive", "/inference.GRPCInferenceService/ServerLive?x=y",
            "/INFERENCE.GRPCInferenceService/ServerLive", "/inference.GRPCInferenceService//ServerLive",
            "/grpc.health.v1.Health/check", "/grpc.health.v1.Health/Check/", "/grpc.health.v1.Health/List",
            "/grpc.health.v1.Health/Check/../../inference.GRPCInferenceService/ModelInfer", "/", "*",
            "/grpc.channelz.v1.Channelz/GetServers", "/v2/health/live",
        ]
    )
    func unknownMethods(path: String) async throws {
        try await AccessRPC.run { server in
            let client = try await server.live.connect()
            for credential in server.callers.shown {
                let answer = await client.call(path, [], AccessRPC.metadata(credential))
                #expect(answer.status == (credential.grant == nil ? 16 : 12), "\(path) with \(credential)")
            }
            #expect(await eventually { server.callers.holdsNothing })
        }
    }

    @Test("what is no gRPC is answered without a word about the server")
    func otherProtocols() async throws {
        try await AccessRPC.run { server in
            let client = try await server.live.connect()
            let key = "Bearer " + server.callers.key("all")
            for (method, type, status) in [
                ("GET", "application/grpc", "405"), ("PUT", "application/grpc", "405"),
                ("OPTIONS", "application/grpc", "405"), ("HEAD", "application/grpc", "405"),
                ("POST", "application/grpc-web", "415"), ("POST", "application/grpc-web-text", "415"),
                ("POST", "application/json", "415"),
            ] {
                let stream = client.open(
                    headers: HPACKHeaders([
                        (":method", method), (":scheme", "http"), (":authority", "h"),
                        (":path", "/inference.GRPCInferenceService/ServerMetadata"), ("content-type", type),
                        ("authorization", key),
                    ]),
                    end: true
                )
                let answer = await client.ended(stream)
                #expect(answer.httpStatus == status && answer.bytes.isEmpty, "\(method) \(type)")
            }
        }
    }

    @Test("only the two keys of metadata count")
    func metadataKeys() async throws {
        try await AccessRPC.run { server in
            let client = try await server.live.connect()
            let (path, key) = ("/inference.GRPCInferenceService/ServerMetadata", server.callers.key("all"))
            for (name, value, status) in [
                ("authorization", "Bearer " + key, 0), ("x-api-key", key, 0), ("authorization-bin", key, 16),
                ("x-api-key-bin", key, 16), ("api-key", key, 16), ("grpc-authorization", "Bearer " + key, 16),
                ("x-authorization", "Bearer " + key, 16), ("cookie", "authorization=Bearer " + key, 16),
                ("authorization", key, 16), ("x-api-key", "Bearer " + key, 16), ("triton-api-key", key, 16),
            ] {
                #expect(await client.call(path, [], [(name, value)]).status == status, "\(name)")
            }
        }
    }

    @Test("nobody is told what was wrong with his credential")
    func refusalsAreAlike() async throws {
        try await AccessRPC.run { server in
            let client = try await server.live.connect()
            var texts: Set<String?> = []
            for credential in server.callers.shown where credential.grant == nil {
                let path = "/inference.GRPCInferenceService/ServerMetadata"
                texts.insert(await client.call(path, [], AccessRPC.metadata(credential)).message)
            }
            #expect(texts.count == 1)
        }
    }
}

/// Waits until `condition` holds; `false` after ten seconds.
func eventually(_ condition: () -> Bool) async -> Bool {
    for _ in 0..<1000 {
        if condition() { return true }
        try? await Task.sleep(for: .milliseconds(10))
    }
    return condition()
}

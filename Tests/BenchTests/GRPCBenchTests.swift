// SPDX-License-Identifier: Apache-2.0
import KServeClient
import NIOPosix
import TestSupport
import Testing

@testable import buckler

@Suite struct GRPCBenchTests {
    /// Three responses to each request on a stream, and a last one without outputs.
    private static let repeating: GRPCTestServer.Script = { path, event in
        guard case .message = event else { return [] }
        func streamed(isFinal: Bool, outputs: Int) -> GRPCTestServer.Step {
            var writer = ProtobufWriter()
            writer.append(2) { response in
                response.append(4) { entry in
                    entry.append(1, text: InferenceStream.finalParameter)
                    entry.append(2) { $0.append(1, choice: isFinal) }
                }
                for _ in 0..<outputs { response.append(5) { $0.append(1, text: "Y") } }
            }
            return .message(writer.bytes)
        }
        let response = streamed(isFinal: false, outputs: 1)
        return [GRPCTestServer.headers, response, response, response, streamed(isFinal: true, outputs: 0)]
    }

    private func measure(
        _ server: GRPCTestServer,
        isStreaming: Bool,
        inFlight: Int,
        connections: Int,
        encrypted: Bool = false
    ) async throws -> Measurement {
        let scheme = encrypted ? "grpcs" : "grpc"
        let address = try ServerAddress("\(scheme)://127.0.0.1:\(server.port)")
        var trust = TLSTrust()
        trust.authorities = LoopbackCertificate.pem
        let request = BenchRequest(path: "/a/b", headers: [], body: [1, 2, 3], isStreaming: isStreaming)
        let tls = encrypted ? try trust.context() : nil
        let target = LoadTarget(address: address, request, tls: tls, processID: nil)
        var plan = LoadPlan(inFlight: inFlight, warmUpSeconds: 0.1, seconds: 0.3)
        plan.connections = connections
        plan.comparesBodies = true
        let run = LoadRun(target: target, plan: plan, group: .singletonMultiThreadedEventLoopGroup)
        return try await run.measure()
    }

    @Test(arguments: [(1, 0, false), (5, 2, false), (3, 0, true)])
    func measuresCalls(inFlight: Int, connections: Int, encrypted: Bool) async throws {
        let server = try await GRPCTestServer(encrypted: encrypted) { path, event in
            guard case .message(let message) = event, path == "/a/b" else { return [] }
            return [GRPCTestServer.headers, .message(message)] + GRPCTestServer.success
        }
        let run = try await measure(
            server,
            isStreaming: false,
            inFlight: inFlight,
            connections: connections,
            encrypted: encrypted
        )
        #expect(run.tally.succeeded > 0)
        #expect(run.tally.failed == 0)
        #expect(run.tally.changedBodies == 0)
        #expect(run.responsesPerSecond == nil)
        try await server.stop()
    }

    @Test func countsResponsesOnStreams() async throws {
        let server = try await GRPCTestServer(Self.repeating)
        let run = try await measure(server, isStreaming: true, inFlight: 2, connections: 1)
        #expect(run.tally.failed == 0)
        #expect(run.tally.succeeded > 0)
        // Requests may be under way when counting begins and ends.
        let difference = Int(run.tally.responses) - 3 * Int(run.tally.succeeded)
        #expect(abs(difference) <= 6)
        #expect(run.responsesPerSecond != nil)
        try await server.stop()
    }
}

// SPDX-License-Identifier: Apache-2.0
import Access
import Inference
import Testing

@Suite struct OpenGateTests {
    private func arrival(_ bytes: Int, _ endpoint: Endpoint = .infer, isStream: Bool = false) -> Arrival {
        Arrival(
            endpoint,
            .http,
            remoteAddress: "127.0.0.1",
            credentials: Credentials(),
            declaredBytes: bytes,
            isStream: isStream
        )
    }

    private func gate(_ bytes: Int, _ requests: Int) -> OpenGate { OpenGate(Flight(bytes: bytes, requests: requests)) }

    @Test func aFullServerAnswersUnavailableAndRecovers() throws {
        let gate = self.gate(10, 5)
        var permit = try gate.admit(arrival(4))
        try gate.reserve(6, for: &permit)
        #expect(permit.reservedBytes == 10)
        #expect { try gate.admit(arrival(1)) } throws: { ($0 as? ServingError)?.code == .unavailable }
        #expect { try gate.reserve(1, for: &permit) } throws: { ($0 as? ServingError)?.code == .unavailable }
        gate.release(permit)
        #expect(gate.inFlight.requests == 0 && gate.inFlight.bytes == 0)
        _ = try gate.admit(arrival(10))
    }

    @Test func bytesOfARequestThatGoesOnCanBeGivenBack() throws {
        let gate = self.gate(10, 5)
        var permit = try gate.admit(arrival(0))
        for _ in 0..<3 {
            try gate.reserve(10, for: &permit)
            gate.giveBack(10, of: &permit)
        }
        try gate.reserve(7, for: &permit)
        gate.giveBack(3, of: &permit)
        #expect(permit.reservedBytes == 4)
        #expect(gate.inFlight.requests == 1 && gate.inFlight.bytes == 4)
        gate.release(permit)
        #expect(gate.inFlight.requests == 0 && gate.inFlight.bytes == 0)
    }

    @Test func healthPassesWhereInferenceIsFull() throws {
        let gate = self.gate(10, 1)
        _ = try gate.admit(arrival(0))
        #expect(throws: ServingError.self) { try gate.admit(arrival(0)) }
        _ = try gate.admit(arrival(0, .serverLive))
    }

    @Test func aNegativeSizeIsAnError() {
        let gate = self.gate(10, 1)
        #expect { try gate.admit(arrival(-1)) } throws: { ($0 as? ServingError)?.code == .invalidArgument }
        #expect(gate.inFlight.requests == 0 && gate.inFlight.bytes == 0)
    }

    @Test func aStreamCountsByItsRequests() throws {
        let gate = self.gate(10, 1)
        var streams = try (0..<3).map { _ in try gate.admit(arrival(0, .streamInfer, isStream: true)) }
        #expect(gate.inFlight.requests == 0)
        try gate.begin(&streams[0])
        #expect { try gate.begin(&streams[1]) } throws: { ($0 as? ServingError)?.code == .unavailable }
        gate.end(&streams[0])
        try gate.begin(&streams[1])
        for stream in streams { gate.release(stream) }
        #expect(gate.inFlight.requests == 0)
    }
}

// SPDX-License-Identifier: Apache-2.0
import Inference
import Synchronization
import Testing

/// Whether the settings of traces and of the log are the administrator's alone.
@Suite struct SettingsAccessTests {
    private static let paths = ["/v2/logging", "/v2/trace/setting", "/v2/models/echo/trace/setting"]

    @Test(arguments: paths, [Scope.metadata, .infer, .statistics, .health])
    func othersNeitherReadNorChangeThem(path: String, scope: Scope) async throws {
        let settings = RecordingSettings()
        try await LiveServer.run(recognises: true, controls: settings.controls, asking: ScopeGate(scope)) { live in
            let client = try RawClient(port: live.port)
            client.send("GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try await client.answer().status == 403)
            let body = path == "/v2/logging" ? "{\"log_info\":false}" : "{\"trace_rate\":\"1\"}"
            client.send("POST \(path) HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            #expect(try await client.answer().status == 403)
        }
        #expect(settings.touched.withLock { $0.isEmpty })
    }

    @Test(arguments: paths)
    func theAdministratorReadsAndChangesThem(path: String) async throws {
        let settings = RecordingSettings()
        try await LiveServer.run(recognises: true, controls: settings.controls, asking: ScopeGate(.admin)) { live in
            let client = try RawClient(port: live.port)
            client.send("GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try await client.answer().status == 200)
            let body = path == "/v2/logging" ? "{\"log_info\":false}" : "{\"trace_rate\":\"1\"}"
            client.send("POST \(path) HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            #expect(try await client.answer().status == 200)
        }
        let touched = settings.touched.withLock { $0 }
        #expect(touched == (path == "/v2/logging" ? ["read", "change", "read"] : ["read", "change"]))
    }
}

/// Lets those in who want what lies in one scope.
private struct ScopeGate: Gate {
    private let scope: Scope

    init(_ scope: Scope) { self.scope = scope }

    func admit(_ arrival: Arrival) throws(ServingError) -> Permit {
        try check(arrival.endpoint)
        return Permit(principal: .anonymous, reservedBytes: 0)
    }

    func authorise(
        _ permit: Permit,
        _ endpoint: Endpoint,
        model: String?,
        version: Int64?
    ) throws(ServingError) { try check(endpoint) }

    private func check(_ endpoint: Endpoint) throws(ServingError) {
        guard endpoint.scope == scope else { throw ServingError(.permissionDenied, "no \(endpoint.rawValue)") }
    }

    func shows(model: String, version: Int64?, to permit: Permit) -> Bool { false }
    func isValid(_ permit: Permit) -> Bool { true }
    func begin(_ permit: inout Permit) throws(ServingError) {}
    func end(_ permit: inout Permit) {}
    func conclude(_ permit: Permit, _ conclusion: Conclusion) {}
    func reserve(_ bytes: Int, for permit: inout Permit) throws(ServingError) {}
    func giveBack(_ bytes: Int, of permit: inout Permit) {}
    func release(_ permit: Permit) {}
}

private final class RecordingSettings: TraceControl, LogControl, SharedMemoryControl {
    let touched = Mutex<[String]>([])

    var controls: ServerControls { ServerControls(sharedMemory: self, trace: self, log: self) }

    private func touch(_ what: String) { touched.withLock { $0.append(what) } }

    func traceSettings(ofModel model: String?) throws(ServingError) -> TraceSettings {
        touch("read")
        return [:]
    }

    func changeTraceSettings(
        ofModel model: String?,
        _ changes: [String: [String]?]
    ) throws(ServingError) -> TraceSettings {
        touch("change")
        return [:]
    }

    func beginTrace(model: String, version: Int64, requestID: String) -> (any RequestTrace)? { nil }

    func logSettings() -> [(name: String, value: LogSettingValue)] {
        touch("read")
        return []
    }

    func changeLogSettings(_ changes: [(name: String, value: LogSettingValue)]) throws(ServingError) { touch("change") }

    func register(_ region: SharedMemoryRegion) throws(ServingError) {}
    func unregister(_ name: String?) async throws(ServingError) {}
    func regions(_ name: String?) throws(ServingError) -> [SharedMemoryRegion] { [] }
    func read(_ slice: SharedMemorySlice) throws(ServingError) -> TensorBytes { TensorBytes() }
    func registerCUDA(_ name: String) throws(ServingError) {}
    func unregisterCUDA(_ name: String?) throws(ServingError) {}
    func checkCUDARegions(_ name: String?) throws(ServingError) {}
}

// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import GRPCServer
import Inference
import InferenceProtos
import NIOPosix
import SwiftProtobuf
import Synchronization
import Testing

/// Shared memory, traces and log settings: with them, and without.
@Suite struct SettingsCallTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    private func outcome(
        _ name: String,
        _ request: some Message,
        memory: (any SharedMemoryControl)? = nil,
        trace: (any TraceControl)? = nil,
        log: (any LogControl)? = nil
    ) async throws -> CallOutcome {
        let environment = KServeEnvironment.scripted(eventLoop: loop, sharedMemory: memory, trace: trace, log: log)
        return try await invoke(environment.method(name), try request.serializedBytes(), on: loop)
    }

    private static let disabled = RPCStatus(
        .unimplemented,
        "Client shared memory is disabled. Start the server with '--allow-client-shm=true' to enable."
    )

    @Test func systemSharedMemory() async throws {
        let memory = ScriptedMemory()
        let status = try await outcome(
            "SystemSharedMemoryStatus",
            Inference_SystemSharedMemoryStatusRequest(),
            memory: memory
        )
        let regions = try Inference_SystemSharedMemoryStatusResponse(serializedBytes: status.sent[0]).regions
        let region = try #require(regions["region"])
        #expect(region.name == "region" && region.key == "/key" && region.offset == 8 && region.byteSize == 16)
        let named = Inference_SystemSharedMemoryStatusRequest.with { $0.name = "other" }
        #expect(
            try await outcome("SystemSharedMemoryStatus", named, memory: memory).status
                == RPCStatus(.notFound, "Unable to find system shared memory region: 'other'")
        )
        let taken = Inference_SystemSharedMemoryRegisterRequest.with { $0.key = "/taken" }
        #expect(try await outcome("SystemSharedMemoryRegister", taken, memory: memory).status.code == .alreadyExists)
        let free = Inference_SystemSharedMemoryRegisterRequest.with { $0.key = "/free" }
        #expect(try await outcome("SystemSharedMemoryRegister", free, memory: memory).status == .ok)
        let all = Inference_SystemSharedMemoryUnregisterRequest()
        #expect(try await outcome("SystemSharedMemoryUnregister", all, memory: memory).status == .ok)
        let stuck = Inference_SystemSharedMemoryUnregisterRequest.with { $0.name = "stuck" }
        #expect(try await outcome("SystemSharedMemoryUnregister", stuck, memory: memory).status.code == .internalError)
    }

    @Test func cudaSharedMemory() async throws {
        let memory = ScriptedMemory()
        let register = Inference_CudaSharedMemoryRegisterRequest.with { $0.name = "c" }
        #expect(
            try await outcome("CudaSharedMemoryRegister", register, memory: memory).status.message
                == "GPUs not supported"
        )
        let all = Inference_CudaSharedMemoryStatusRequest()
        #expect(try await outcome("CudaSharedMemoryStatus", all, memory: memory).status == .ok)
        let named = Inference_CudaSharedMemoryStatusRequest.with { $0.name = "c" }
        #expect(try await outcome("CudaSharedMemoryStatus", named, memory: memory).status.code == .notFound)
        let unregister = Inference_CudaSharedMemoryUnregisterRequest()
        #expect(try await outcome("CudaSharedMemoryUnregister", unregister, memory: memory).status == .ok)
    }

    @Test func withoutSharedMemory() async throws {
        let status = try await outcome("SystemSharedMemoryStatus", Inference_SystemSharedMemoryStatusRequest())
        #expect(status.status == .ok)
        #expect(try Inference_SystemSharedMemoryStatusResponse(serializedBytes: status.sent[0]).regions.isEmpty)
        let named = Inference_SystemSharedMemoryStatusRequest.with { $0.name = "r" }
        #expect(
            try await outcome("SystemSharedMemoryStatus", named).status
                == RPCStatus(.notFound, "Unable to find system shared memory region: 'r'")
        )
        let register = Inference_SystemSharedMemoryRegisterRequest()
        #expect(try await outcome("SystemSharedMemoryRegister", register).status == Self.disabled)
        let unregister = Inference_SystemSharedMemoryUnregisterRequest()
        #expect(try await outcome("SystemSharedMemoryUnregister", unregister).status == Self.disabled)
        let cuda = Inference_CudaSharedMemoryRegisterRequest.with { $0.name = "c" }
        #expect(
            try await outcome("CudaSharedMemoryRegister", cuda).status
                == RPCStatus(
                    .invalidArgument,
                    "failed to register CUDA shared memory region: 'c', GPUs not supported"
                )
        )
        let cudaUnregister = Inference_CudaSharedMemoryUnregisterRequest()
        #expect(try await outcome("CudaSharedMemoryUnregister", cudaUnregister).status == Self.disabled)
        #expect(
            try await outcome("CudaSharedMemoryStatus", Inference_CudaSharedMemoryStatusRequest()).status == .ok
        )
    }

    @Test func traceSettings() async throws {
        let trace = ScriptedTrace()
        var request = Inference_TraceSettingRequest()
        let read = try await outcome("TraceSetting", request, trace: trace)
        let settings = try Inference_TraceSettingResponse(serializedBytes: read.sent[0]).settings
        #expect(settings["trace_level"]?.value == ["TIMESTAMPS", "TENSORS"])
        #expect(settings["trace_rate"]?.value == ["1000"])
        request.settings["trace_rate"] = .with { $0.value = ["5"] }
        request.settings["trace_count"] = .init()
        let changed = try await outcome("TraceSetting", request, trace: trace)
        let now = try Inference_TraceSettingResponse(serializedBytes: changed.sent[0]).settings
        #expect(now.mapValues(\.value) == ["trace_rate": ["5"], "trace_count": ["default"]])
        request.modelName = "other"
        #expect(
            try await outcome("TraceSetting", request, trace: trace).status
                == RPCStatus(.invalidArgument, "Request for unknown model : other")
        )
        request.modelName = ""
        request.settings["trace_file"] = .with { $0.value = ["/x"] }
        #expect(
            try await outcome("TraceSetting", request, trace: trace).status
                == RPCStatus(
                    .unimplemented,
                    "trace file location can not be updated through network protocol"
                )
        )
        #expect(
            try await outcome("TraceSetting", request).status
                == RPCStatus(.unavailable, "the server does not support trace")
        )
    }

    @Test(arguments: ["TraceSetting", "LogSettings"])
    func settingsAreTheAdministrators(name: String) {
        #expect(KServeEnvironment.scripted(eventLoop: loop).method(name).endpoint.scope == .admin)
    }

    @Test(arguments: [true, false])
    func traceSettingsOfAModelAreOfThoseWhoMayAdministerIt(isChange: Bool) async throws {
        let environment = KServeEnvironment.scripted(
            gate: ScriptedGate(forbiddenModel: "plain"),
            eventLoop: loop,
            trace: ScriptedTrace()
        )
        var request = Inference_TraceSettingRequest.with { $0.modelName = "plain" }
        if isChange { request.settings["trace_rate"] = .with { $0.value = ["5"] } }
        let outcome = try await invoke(environment.method("TraceSetting"), try request.serializedBytes(), on: loop)
        #expect(outcome.status == RPCStatus(.permissionDenied, "no admin of plain") && outcome.sent.isEmpty)
    }

    @Test(arguments: [[], [""], ["/x"]])
    func noFileIsEverNamed(values: [String]) async throws {
        let traced = Inference_TraceSettingRequest.with { $0.settings["trace_file"] = .with { $0.value = values } }
        #expect(try await outcome("TraceSetting", traced, trace: ScriptedTrace()).status.code == .unimplemented)
        let logged = Inference_LogSettingsRequest.with {
            $0.settings["log_file"] = values.isEmpty ? .init() : .with { $0.stringParam = values[0] }
        }
        #expect(try await outcome("LogSettings", logged, log: ScriptedLog()).status.code == .unimplemented)
    }

    @Test func logSettings() async throws {
        let log = ScriptedLog()
        var request = Inference_LogSettingsRequest()
        let read = try await outcome("LogSettings", request, log: log)
        let settings = try Inference_LogSettingsResponse(serializedBytes: read.sent[0]).settings
        #expect(settings["log_info"]?.parameterChoice == .boolParam(true))
        #expect(settings["log_verbose_level"]?.parameterChoice == .uint32Param(2))
        #expect(settings["log_file"]?.parameterChoice == .stringParam(""))
        request.settings["log_error"] = .with { $0.boolParam = false }
        request.settings["log_verbose_level"] = .with { $0.uint32Param = 3 }
        request.settings["unknown"] = .with { $0.boolParam = true }
        #expect(try await outcome("LogSettings", request, log: log).status == .ok)
        #expect(log.changed.changes.withLock { $0 } == ["log_error=bool(false)", "log_verbose_level=number(3)"])
        #expect(
            try await outcome("LogSettings", request).status
                == RPCStatus(.unavailable, "the server does not support dynamic logging")
        )
    }

    @Test(arguments: [
        ("log_file", RPCStatus(.unimplemented, "log file location can not be updated through network protocol")),
        ("log_info", RPCStatus(.invalidArgument, "expect boolean for 'log_info'")),
        ("log_verbose_level", RPCStatus(.invalidArgument, "expect int32 for 'log_verbose_level'")),
    ])
    func badLogSetting(name: String, status: RPCStatus) async throws {
        let request = Inference_LogSettingsRequest.with { $0.settings[name] = .with { $0.stringParam = "x" } }
        let log = ScriptedLog()
        #expect(try await outcome("LogSettings", request, log: log).status == status)
        #expect(log.changed.changes.withLock { $0.isEmpty })
    }

    @Test func logFormatIsText() async throws {
        let request = Inference_LogSettingsRequest.with { $0.settings["log_format"] = .with { $0.boolParam = true } }
        #expect(
            try await outcome("LogSettings", request, log: ScriptedLog()).status
                == RPCStatus(.invalidArgument, "expect string for 'log_format'")
        )
    }
}

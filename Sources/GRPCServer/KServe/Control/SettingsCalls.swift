// SPDX-License-Identifier: Apache-2.0
internal import Inference
internal import InferenceProtos
private import SwiftProtobuf
private import Transport

/// Trace and log settings; the texts are Triton's. Where files lie is never a client's to say.
extension KServeEnvironment {
    func traceSetting(
        _ request: Inference_TraceSettingRequest,
        _ permit: Permit
    ) throws(ServingError) -> Inference_TraceSettingResponse {
        guard let trace else { throw ServingError(.unavailable, "the server does not support trace") }
        let model = request.modelName.isEmpty ? nil : request.modelName
        if let model {
            try gate.authorise(permit, .changeTrace, model: model, version: nil)
            guard try control.isModelReady(named: model, version: nil) else {
                throw ServingError(.invalidArgument, "Request for unknown model : \(model)")
            }
        } else {
            try gate.authorise(permit, .changeTrace)
        }
        let settings =
            request.settings.isEmpty
            ? try trace.traceSettings(ofModel: model)
            : try trace.changeTraceSettings(ofModel: model, try changes(request.settings))
        return .with { response in
            for (name, values) in settings { response.settings[name] = .with { $0.value = values } }
        }
    }

    private func changes(
        _ given: [String: Inference_TraceSettingRequest.SettingValue]
    ) throws(ServingError) -> [String: [String]?] {
        let limit = settings.requestLimits.parameters
        guard given.count <= limit else { throw InferRequestRules.tooMany("settings", limit) }
        guard given["trace_file"] == nil else {
            throw ServingError(
                .unsupported,
                "trace file location can not be updated through network protocol"
            )
        }
        // No value at all stands for the setting of the level above.
        return given.mapValues { $0.value.isEmpty ? nil : $0.value }
    }

    func logSettings(
        _ request: Inference_LogSettingsRequest,
        _ permit: Permit
    ) throws(ServingError) -> Inference_LogSettingsResponse {
        guard let log else { throw ServingError(.unavailable, "the server does not support dynamic logging") }
        try gate.authorise(permit, .changeLog)
        if !request.settings.isEmpty { try log.changeLogSettings(try changes(request.settings)) }
        return .with { response in
            for (name, value) in log.logSettings() { response.settings[name] = .init(value) }
        }
    }

    /// In the order in which Triton looks at them; names that it does not know are passed over, as there.
    private func changes(
        _ given: [String: Inference_LogSettingsRequest.SettingValue]
    ) throws(ServingError) -> [(name: String, value: LogSettingValue)] {
        guard given["log_file"] == nil else {
            throw ServingError(
                .unsupported,
                "log file location can not be updated through network protocol"
            )
        }
        var changes: [(name: String, value: LogSettingValue)] = []
        for name in ["log_info", "log_warning", "log_error", "log_verbose_level", "log_format"] {
            guard let value = given[name] else { continue }
            changes.append((name, try value.setting(named: name)))
        }
        return changes
    }
}

extension Inference_LogSettingsRequest.SettingValue {
    fileprivate func setting(named name: String) throws(ServingError) -> LogSettingValue {
        switch (name, parameterChoice) {
        case ("log_verbose_level", .uint32Param(let number)): return .number(number)
        case ("log_format", .stringParam(let text)): return .string(text)
        case ("log_verbose_level", _): throw ServingError(.invalidArgument, "expect int32 for '\(name)'")
        case ("log_format", _): throw ServingError(.invalidArgument, "expect string for '\(name)'")
        case (_, .boolParam(let flag)): return .bool(flag)
        default: throw ServingError(.invalidArgument, "expect boolean for '\(name)'")
        }
    }
}

extension Inference_LogSettingsResponse.SettingValue {
    fileprivate init(_ value: LogSettingValue) {
        self.init()
        switch value {
        case .bool(let flag): boolParam = flag
        case .number(let number): uint32Param = number
        case .string(let text): stringParam = text
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
internal import Inference
private import Transport

/// The parameters of an infer request as gRPC types them; the texts are Triton's.
struct RequestParameters {
    private(set) var wantsEmptyFinalResponse = false
    /// Where a custom parameter stands, once there are enough for a table to be worth it: of two entries with one key
    /// the later one counts, as in any protobuf map.
    private var places: [String: Int] = [:]

    mutating func take(
        _ parameter: WireParameter,
        of reader: WireReader,
        into fields: inout InferenceRequest.Fields
    ) throws(ServingError) {
        let key = parameter.key
        if reader.matches(key, "sequence_id") {
            fields.correlationID = try Self.sequenceID(parameter.value)
        } else if reader.matches(key, "sequence_start") {
            fields.startsSequence = try Self.bool(parameter.value, "sequence_start")
        } else if reader.matches(key, "sequence_end") {
            fields.endsSequence = try Self.bool(parameter.value, "sequence_end")
        } else if reader.matches(key, "priority") {
            fields.priority = try Self.priority(parameter.value)
        } else if reader.matches(key, "timeout") {
            fields.timeoutMicroseconds = try Self.timeout(parameter.value)
        } else if reader.starts(key, with: "triton_") {
            guard reader.matches(key, "triton_enable_empty_final_response") else { throw Self.reserved }
            wantsEmptyFinalResponse = try Self.bool(parameter.value, "triton_enable_empty_final_response")
        } else {
            try takeCustom(parameter, of: reader, into: &fields)
        }
    }

    private static func sequenceID(_ value: ParameterValue?) throws(ServingError) -> CorrelationID {
        switch value {
        // Ids beyond Int64 come as the negative number with the same bits.
        case .int64(let number): number == 0 ? .none : .number(UInt64(bitPattern: number))
        case .string(let text): try InferRequestRules.correlationID(text)
        default: throw wrongType("sequence_id", expected: "int64_param or string_param.")
        }
    }

    private static func bool(_ value: ParameterValue?, _ name: StaticString) throws(ServingError) -> Bool {
        guard case .bool(let flag) = value else { throw wrongType("\(name)", expected: "bool_param.") }
        return flag
    }

    private static func priority(_ value: ParameterValue?) throws(ServingError) -> UInt64 {
        switch value {
        case .int64(let number):
            guard number >= 0 else {
                throw ServingError(.invalidArgument, "invalid value for 'priority', expected value >= 0.")
            }
            return UInt64(number)
        case .uint64(let number): return number
        default: throw wrongType("priority", expected: "int64_param or uint64_param.")
        }
    }

    private static func timeout(_ value: ParameterValue?) throws(ServingError) -> UInt64 {
        guard case .int64(let number) = value else { throw wrongType("timeout", expected: "int64_param.") }
        guard number >= 0 else {
            throw ServingError(.invalidArgument, "invalid value for 'timeout', expected value >= 0.")
        }
        return UInt64(number)
    }

    private mutating func takeCustom(
        _ parameter: WireParameter,
        of reader: WireReader,
        into fields: inout InferenceRequest.Fields
    ) throws(ServingError) {
        let name = try reader.text(parameter.key)
        switch parameter.value {
        case .bool, .int64, .string, .double: break
        default:
            throw Self.wrongType(
                InferRequestRules.excerpt(name),
                expected: "int64_param, bool_param, or string_param."
            )
        }
        guard let value = parameter.value else { return }
        if let place = place(of: name, in: fields.parameters) {
            fields.parameters[place].value = value
        } else {
            if !places.isEmpty { places[name] = fields.parameters.count }
            fields.parameters.append(Parameter(name: name, value: value))
        }
    }

    private mutating func place(of name: String, in parameters: [Parameter]) -> Int? {
        if parameters.count < 8 { return parameters.firstIndex { $0.name == name } }
        if places.isEmpty {
            for (index, parameter) in parameters.enumerated() { places[parameter.name] = index }
        }
        return places[name]
    }

    static func wrongType(_ name: String, expected: String) -> ServingError {
        ServingError(.invalidArgument, "invalid value type for '\(name)' parameter, expected \(expected)")
    }

    private static let reserved = ServingError(
        .invalidArgument,
        "parameter keys starting with 'triton_' are reserved for Triton usage. Only the following keys starting with "
            + "'triton_' are allowed: triton_enable_empty_final_response"
    )
}

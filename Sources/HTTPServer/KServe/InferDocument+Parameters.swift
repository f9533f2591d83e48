// SPDX-License-Identifier: Apache-2.0
internal import Inference
private import Transport

extension InferDocument {
    private struct Seen: OptionSet {
        var rawValue: UInt8
        static let sequenceID = Seen(rawValue: 1)
        static let sequenceStart = Seen(rawValue: 2)
        static let sequenceEnd = Seen(rawValue: 4)
        static let priority = Seen(rawValue: 8)
        static let timeout = Seen(rawValue: 16)
        static let binaryOutput = Seen(rawValue: 32)
    }

    mutating func readParameters() throws(ServingError) {
        guard try openObject("parameters") else { return }
        var first = true
        var count = 0
        var seen: Seen = []
        var names = NameSet()
        while let key = try scanner.nextMember(first: &first) {
            count += 1
            guard count <= limits.parameters else { throw tooMany("parameters", limits.parameters) }
            if try !readKnownParameter(key, &seen) { try readCustomParameter(key, &names) }
        }
    }

    /// - Returns: `false`, nothing read, for a name that the server gives no meaning.
    private mutating func readKnownParameter(_ key: JSONText, _ seen: inout Seen) throws(ServingError) -> Bool {
        if scanner.matches(key, "binary_data_output") {
            try once(seen.insert(.binaryOutput).inserted, key)
            outputPlan.binaryByDefault = try bool("binary_data_output")
        } else if scanner.matches(key, "sequence_id") {
            try once(seen.insert(.sequenceID).inserted, key)
            fields.correlationID = try readSequenceID()
        } else if scanner.matches(key, "sequence_start") {
            try once(seen.insert(.sequenceStart).inserted, key)
            fields.startsSequence = try bool("sequence_start")
        } else if scanner.matches(key, "sequence_end") {
            try once(seen.insert(.sequenceEnd).inserted, key)
            fields.endsSequence = try bool("sequence_end")
        } else if scanner.matches(key, "priority") {
            try once(seen.insert(.priority).inserted, key)
            fields.priority = try unsigned("priority")
        } else if scanner.matches(key, "timeout") {
            try once(seen.insert(.timeout).inserted, key)
            fields.timeoutMicroseconds = try unsigned("timeout")
        } else {
            return false
        }
        return true
    }

    /// 0 and the empty string mean that the request belongs to no sequence.
    private mutating func readSequenceID() throws(ServingError) -> CorrelationID {
        _ = scanner.peekToken()
        if let number = scanner.integer(UInt64.self) { return number == 0 ? .none : .number(number) }
        return try InferRequestRules.correlationID(scanner.decoded(try boundedString("sequence_id")))
    }

    private mutating func readCustomParameter(_ key: JSONText, _ names: inout NameSet) throws(ServingError) {
        guard key.decodedCount <= limits.stringBytes else { throw tooLong("parameters", key.decodedCount) }
        let name = scanner.decoded(key)
        guard !name.utf8.starts(with: "triton_".utf8) else {
            throw ServingError(
                .invalidArgument,
                "parameter keys starting with 'triton_' are reserved for Triton usage and should not be specified."
            )
        }
        try once(names.insert(name), key)
        fields.parameters.append(Parameter(name: name, value: try readParameterValue(key)))
    }

    mutating func readParameterValue(_ key: JSONText) throws(ServingError) -> ParameterValue {
        switch scanner.peekToken() {
        case UInt8(ascii: "\""):
            let text = try scanner.string()
            guard text.decodedCount <= limits.stringBytes else {
                throw ServingError(
                    .invalidArgument,
                    "parameter '\(excerpt(key))' of \(text.decodedCount) bytes exceeds the maximum of"
                        + " \(limits.stringBytes) bytes"
                )
            }
            return .string(scanner.decoded(text))
        case UInt8(ascii: "t"), UInt8(ascii: "f"):
            return .bool(try scanner.bool())
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "n"):
            try scanner.skipValue(depth: 2)
            throw ServingError(
                .invalidArgument,
                "parameter '\(excerpt(key))' has invalid type. It should be either 'int', 'bool', or 'string'."
            )
        default:
            return switch try scanner.number() {
            case .unsigned(let value): value <= Int64.max ? .int64(Int64(value)) : .double(Double(value))
            case .negative(let value): .int64(value)
            case .double(let value): .double(value)
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
internal import Inference

extension TraceChanges {
    /// Reads changes as they came over the network, with Triton's texts where it has one.
    init(_ changes: [String: [String]?]) throws(ServingError) {
        for (name, values) in changes.sorted(by: { $0.key < $1.key }) {
            switch name {
            case "trace_level": level = try Self.level(values)
            case "trace_rate": rate = try Self.number(name, values)
            case "trace_count": count = try Self.count(values)
            case "log_frequency": logFrequency = try Self.number(name, values)
            case "trace_file":
                throw ServingError(
                    .unsupported,
                    "trace file location can not be updated through network protocol"
                )
            case "trace_mode":
                throw ServingError(.unsupported, "trace mode can not be updated through network protocol")
            default: throw ServingError(.invalidArgument, "unknown trace setting '\(name.prefix(64))'")
            }
        }
    }

    private static func level(_ values: [String]?) throws(ServingError) -> TraceChange<TraceLevel>? {
        guard let values else { return .clear }
        if values.isEmpty { return nil }
        var level: TraceLevel = []
        for value in values {
            switch value {
            case "OFF":
                guard values.count == 1 else {
                    throw ServingError(.invalidArgument, "Expect only one trace level 'OFF' is specified")
                }
            case "TIMESTAMPS": level.insert(.timestamps)
            case "TENSORS": level.insert(.tensors)
            default:
                throw ServingError(.invalidArgument, "invalid value for trace level option: \(value.prefix(64))")
            }
        }
        return .set(level)
    }

    private static func number(_ name: String, _ values: [String]?) throws(ServingError) -> TraceChange<UInt32>? {
        guard let values else { return .clear }
        let number = try integer(name, values, lowest: 0, highest: Int64(UInt32.max))
        return .set(UInt32(number))
    }

    private static func count(_ values: [String]?) throws(ServingError) -> TraceChange<Int32>? {
        guard let values else { return .clear }
        let number = try integer("trace_count", values, lowest: Int64(Int32.min), highest: Int64(Int32.max))
        guard number >= -1 else {
            throw ServingError(
                .invalidArgument,
                "Unable to parse 'trace_count'. Expecting value >= -1, got:\(number)"
            )
        }
        return .set(Int32(number))
    }

    private static func integer(
        _ name: String,
        _ values: [String],
        lowest: Int64,
        highest: Int64
    ) throws(ServingError) -> Int64 {
        guard values.count == 1, let text = values.first else {
            throw ServingError(.invalidArgument, "expect only 1 value for '\(name)'")
        }
        let digits = text.first == "-" || text.first == "+" ? text.dropFirst() : text[...]
        guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else {
            throw ServingError(.invalidArgument, "Unable to parse '\(name)', got: \(text.prefix(64))")
        }
        guard let number = Int64(text), (lowest...highest).contains(number) else {
            throw ServingError(
                .invalidArgument,
                "Unable to parse '\(name)', value is out of range [ \(max(lowest, -1)), \(highest) ],"
                    + " got: \(text.prefix(64))"
            )
        }
        return number
    }
}

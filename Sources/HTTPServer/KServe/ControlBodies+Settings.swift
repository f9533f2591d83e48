// SPDX-License-Identifier: Apache-2.0
package import Inference
internal import Transport

/// Bodies of the calls about shared memory, traces and the log.
extension ControlBodies {
    /// `{"key":"…","offset":n,"byte_size":n}`
    package static func sharedMemoryRegion(
        _ body: TensorBytes,
        named name: String,
        limits: RequestLimits
    ) throws(ServingError) -> SharedMemoryRegion {
        var key: String?
        var offset: UInt64?
        var byteSize: UInt64?
        try members(of: body, limits) { scanner, member throws(ServingError) in
            if scanner.matches(member, "key") {
                try once(key == nil, member, scanner)
                key = try string(&scanner, member)
            } else if scanner.matches(member, "offset") {
                try once(offset == nil, member, scanner)
                offset = try unsigned(&scanner, member)
            } else if scanner.matches(member, "byte_size") {
                try once(byteSize == nil, member, scanner)
                byteSize = try unsigned(&scanner, member)
            } else {
                return false
            }
            return true
        }
        guard let key else { throw missing("key") }
        guard let byteSize else { throw missing("byte_size") }
        return SharedMemoryRegion(name: name, key: key, offset: offset ?? 0, byteSize: byteSize)
    }

    private static func missing(_ field: StaticString) -> ServingError {
        ServingError(.invalidArgument, "Shared memory register request has no '\(field)' field")
    }

    /// `{"trace_level":["…"],"trace_rate":"…",…}`; `null` clears a setting.
    package static func traceChanges(
        _ body: TensorBytes,
        limits: RequestLimits
    ) throws(ServingError) -> [String: [String]?] {
        var changes: [String: [String]?] = [:]
        try members(of: body, limits) { scanner, member throws(ServingError) in
            let name = scanner.decoded(member)
            try once(changes[name] == nil, member, scanner)
            if isNull(&scanner) {
                try scanner.null()
                changes.updateValue(nil, forKey: name)
            } else if name == "trace_level" {
                changes[name] = try strings(&scanner, member, limits)
            } else {
                changes[name] = [try string(&scanner, member)]
            }
            return true
        }
        return changes
    }

    /// `{"log_info":bool,"log_verbose_level":n,"log_format":"…",…}`; `null` changes nothing.
    package static func logChanges(
        _ body: TensorBytes,
        limits: RequestLimits
    ) throws(ServingError) -> [(name: String, value: LogSettingValue)] {
        var changes: [(name: String, value: LogSettingValue)] = []
        var names = NameSet()
        try members(of: body, limits) { scanner, member throws(ServingError) in
            let name = scanner.decoded(member)
            try once(names.insert(name), member, scanner)
            switch scanner.peekToken() {
            case UInt8(ascii: "n"): try scanner.null()
            case UInt8(ascii: "t"), UInt8(ascii: "f"): changes.append((name, .bool(try scanner.bool())))
            case UInt8(ascii: "\""): changes.append((name, .string(try string(&scanner, member))))
            default: changes.append((name, .number(try number(&scanner, member))))
            }
            return true
        }
        return changes
    }

    private static func number(_ scanner: inout JSONScanner, _ member: JSONText) throws(ServingError) -> UInt32 {
        let value = try unsigned(&scanner, member)
        guard let number = UInt32(exactly: value) else { throw wrongType("unsigned-integer", member, scanner) }
        return number
    }

    private static func isNull(_ scanner: inout JSONScanner) -> Bool { scanner.peekToken() == UInt8(ascii: "n") }

    private static func string(_ scanner: inout JSONScanner, _ member: JSONText) throws(ServingError) -> String {
        guard scanner.peekToken() == UInt8(ascii: "\"") else {
            try scanner.skipValue(depth: 2)
            throw wrongType("string", member, scanner)
        }
        return scanner.decoded(try scanner.string())
    }

    private static func strings(
        _ scanner: inout JSONScanner,
        _ member: JSONText,
        _ limits: RequestLimits
    ) throws(ServingError) -> [String] {
        guard scanner.take(UInt8(ascii: "[")) else {
            try scanner.skipValue(depth: 2)
            throw wrongType("array", member, scanner)
        }
        var strings: [String] = []
        var first = true
        while try scanner.nextElement(first: &first) {
            guard strings.count < limits.parameters else {
                throw ServingError(
                    .invalidArgument,
                    "number of parameters in request exceeds the maximum of \(limits.parameters)"
                )
            }
            strings.append(try string(&scanner, member))
        }
        return strings
    }

    private static func unsigned(_ scanner: inout JSONScanner, _ member: JSONText) throws(ServingError) -> UInt64 {
        _ = scanner.peekToken()
        if let value = scanner.integer(UInt64.self) { return value }
        try scanner.skipValue(depth: 2)
        throw wrongType("unsigned-integer", member, scanner)
    }

    private static func wrongType(_ type: StaticString, _ member: JSONText, _ scanner: JSONScanner) -> ServingError {
        let name = scanner.decoded(member)
        return ServingError(
            .invalidArgument,
            "Unable to parse '\(name.prefix(64))': attempt to access JSON non-\(type) as \(type)"
        )
    }
}

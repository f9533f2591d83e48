// SPDX-License-Identifier: Apache-2.0
package import Inference

/// Reads the bodies of the model repository's calls. Each may be empty.
package enum ControlBodies {
    /// `{"ready":bool}` of `repository/index`.
    package static func indexReadyOnly(_ body: TensorBytes, limits: RequestLimits) throws(ServingError) -> Bool {
        var ready: Bool?
        try members(of: body, limits) { scanner, key throws(ServingError) in
            guard scanner.matches(key, "ready") else { return false }
            try once(ready == nil, key, scanner)
            ready = try bool(&scanner, "Invalid value for 'ready': expected a boolean")
            return true
        }
        return ready ?? false
    }

    /// `{"parameters":{"unload_dependents":bool}}` of `repository/models/NAME/unload`.
    package static func unloadDependents(_ body: TensorBytes, limits: RequestLimits) throws(ServingError) -> Bool {
        var dependents: Bool?
        try parameters(of: body, limits) { scanner, key throws(ServingError) in
            guard scanner.matches(key, "unload_dependents") else { return false }
            try once(dependents == nil, key, scanner)
            dependents = try bool(
                &scanner,
                "Unable to parse 'unload_dependents': attempt to access JSON non-boolean as boolean"
            )
            return true
        }
        return dependents ?? false
    }

    /// `{"parameters":{"config":"…","file:PATH":"base64",…}}` of `repository/models/NAME/load`.
    package static func load(_ body: TensorBytes, limits: RequestLimits) throws(ServingError) -> LoadParameters {
        var result = LoadParameters()
        try parameters(of: body, limits) { scanner, key throws(ServingError) in
            guard key.decodedCount <= limits.stringBytes else {
                throw ServingError(
                    .invalidArgument,
                    "'parameters' of \(key.decodedCount) bytes exceeds the maximum of \(limits.stringBytes) bytes"
                )
            }
            let name = scanner.decoded(key)
            guard scanner.peekToken() == UInt8(ascii: "\"") else {
                try scanner.skipValue(depth: 2)
                throw ServingError(
                    .invalidArgument,
                    "attempt to access JSON non-string as string: load parameter '\(name)'"
                )
            }
            let text = try scanner.string()
            if name == "config" {
                try once(result.configuration == nil, key, scanner)
                result.configuration = scanner.decoded(text)
            } else if name.hasPrefix("file:") {
                let path = String(name.dropFirst(5))
                try once(result.files[path] == nil, key, scanner)
                result.files[path] = try file(text, scanner, name)
            } else {
                // The client's mistake; but 500 is what Triton answers, and what its clients know.
                throw ServingError(
                    .internalError,
                    "unexpected error on creating Triton parameter '\(name)'"
                )
            }
            return true
        }
        return result
    }

    private static func file(
        _ text: JSONText,
        _ scanner: JSONScanner,
        _ name: String
    ) throws(ServingError) -> [UInt8] {
        var decoder = Base64Decoder(capacity: text.decodedCount)
        let isValid =
            if text.hasEscapes {
                // Some JSON writers escape every `/`.
                decoder.append(scanner.decoded(text).utf8)
            } else {
                decoder.append(
                    UnsafeRawBufferPointer(start: scanner.base + text.start, count: text.end - text.start)
                )
            }
        guard isValid, let content = decoder.finish() else {
            throw ServingError(.invalidArgument, "load parameter '\(name)' is not valid base64")
        }
        return content
    }
}

extension ControlBodies {
    typealias Member = (inout JSONScanner, JSONText) throws(ServingError) -> Bool

    /// Calls `read` for each member of the body's object; a member that it does not know is checked and passed.
    static func members(
        of body: TensorBytes,
        _ limits: RequestLimits,
        _ read: Member
    ) throws(ServingError) {
        guard body.count > 0 else { return }
        guard body.count <= limits.jsonBytes else {
            throw ServingError(
                .invalidArgument,
                "request JSON size of \(body.count) bytes exceeds the maximum allowed input size of"
                    + " \(limits.jsonBytes) bytes. \(limits.inputSizeHint)"
            )
        }
        try body.withUnsafeBytes { memory throws(ServingError) in
            var scanner = JSONScanner(memory, depthLimit: limits.jsonDepth)
            guard let token = scanner.peekToken() else { throw scanner.fault(.empty) }
            if token == UInt8(ascii: "{") {
                try object(&scanner, limits, depth: 1, read)
            } else {
                // Triton looks for members in whatever the document is, and finds none in what is no object.
                try scanner.skipValue()
            }
            try scanner.finish()
        }
    }

    /// The same for the members of `parameters`.
    private static func parameters(
        of body: TensorBytes,
        _ limits: RequestLimits,
        _ read: Member
    ) throws(ServingError) {
        var seen = false
        try members(of: body, limits) { scanner, key throws(ServingError) in
            guard scanner.matches(key, "parameters") else { return false }
            try once(!seen, key, scanner)
            seen = true
            guard let token = scanner.peekToken(), token == UInt8(ascii: "{") else {
                let start = scanner.position
                try scanner.skipValue(depth: 1)
                // `null` stands for nothing set.
                if scanner.byte(at: start) == UInt8(ascii: "n") { return true }
                throw ServingError(
                    .invalidArgument,
                    "Unable to parse 'parameters': attempt to access JSON non-object as object"
                )
            }
            try object(&scanner, limits, depth: 2, read)
            return true
        }
    }

    static func object(
        _ scanner: inout JSONScanner,
        _ limits: RequestLimits,
        depth: Int,
        _ read: Member
    ) throws(ServingError) {
        scanner.position += 1
        var first = true
        var count = 0
        while let key = try scanner.nextMember(first: &first) {
            count += 1
            guard count <= limits.parameters else {
                throw ServingError(
                    .invalidArgument,
                    "number of parameters in request exceeds the maximum of \(limits.parameters)"
                )
            }
            if try !read(&scanner, key) { try scanner.skipValue(depth: depth) }
        }
    }

    private static func bool(_ scanner: inout JSONScanner, _ message: String) throws(ServingError) -> Bool {
        _ = scanner.peekToken()
        if scanner.takeLiteral("true") { return true }
        if scanner.takeLiteral("false") { return false }
        try scanner.skipValue(depth: 2)
        throw ServingError(.invalidArgument, message)
    }

    static func once(
        _ isFirst: Bool,
        _ key: JSONText,
        _ scanner: JSONScanner
    ) throws(ServingError) {
        guard !isFirst else { return }
        throw ServingError(
            .invalidArgument,
            "duplicate member '\(scanner.decoded(key))' in request JSON at \(key.start - 1)"
        )
    }
}

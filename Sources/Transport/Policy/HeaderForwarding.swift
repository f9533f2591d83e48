// SPDX-License-Identifier: Apache-2.0
package import Inference

/// `--http-header-forward-pattern` and its twin for gRPC: headers whose names match a pattern become string parameters
/// of the request, for the model to read.
package struct HeaderForwarding: Sendable {
    /// Parameters that have a meaning of their own.
    package static let reservedNames: Set<String> = ["priority", "timeout", "headers", "binary_data_output"]
    /// Beginnings of the names of others.
    package static let reservedPrefixes = ["triton_", "sequence_"]

    private let pattern: LinearPattern

    /// - Parameters:
    ///   - pattern: looked for in any part of a name, whatever its case.
    ///   - flag: where the pattern comes from, for the error.
    /// - Returns: `nil` if there is no pattern, or an empty one, which would forward everything.
    /// - Throws: `.invalidArgument`, naming the flag and the place in the pattern.
    package init?(pattern: String?, flag: String) throws(ServingError) {
        guard let pattern, !pattern.isEmpty else { return nil }
        do throws(LinearPattern.Fault) {
            self.pattern = try LinearPattern(pattern, ignoringCase: true)
        } catch {
            let shown = pattern.count > 128 ? pattern.prefix(128) + "…" : pattern[...]
            throw ServingError(
                .invalidArgument,
                "\(flag)='\(shown)' is refused at character \(error.position + 1): \(error.message)"
            )
        }
    }

    /// - Returns: `nil` for a header that is not forwarded.
    /// - Throws: `.invalidArgument` for one that matches and is named like a parameter with a meaning of its own.
    package func parameter(name: String, value: String) throws(ServingError) -> Parameter? {
        guard pattern.matches(name) else { return nil }
        guard !Self.isReserved(name) else {
            throw ServingError(
                .invalidArgument,
                "Header '\(name)' is reserved for Triton usage and cannot be forwarded."
            )
        }
        return Parameter(name: name, value: .string(value))
    }

    /// Case makes no difference, as it makes none to a header's name.
    private static func isReserved(_ name: String) -> Bool {
        let name = name.lowercased()
        return reservedNames.contains(name) || reservedPrefixes.contains { name.utf8.starts(with: $0.utf8) }
    }

    package func parameters(
        of headers: some Sequence<(name: String, value: String)>
    ) throws(ServingError) -> [Parameter] {
        var parameters: [Parameter] = []
        for header in headers {
            if let parameter = try parameter(name: header.name, value: header.value) { parameters.append(parameter) }
        }
        return parameters
    }

    /// Adds `forwarded` to a request's own parameters; the last one of a name is the one that counts.
    package static func add(_ forwarded: [Parameter], to parameters: inout [Parameter]) {
        for parameter in forwarded {
            parameters.removeAll { $0.name == parameter.name }
            parameters.append(parameter)
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package import Inference

/// What `--http-restricted-api` and `--grpc-restricted-protocol` can close.
package enum RestrictedCategory: String, Sendable, CaseIterable {
    case health, metadata, inference, statistics, trace, logging
    case sharedMemory = "shared-memory"
    case modelConfig = "model-config"
    case modelRepository = "model-repository"
}

/// Categories of calls that need a header with the right value. Both front ends ask it before anything else.
package struct RestrictedAPIs: Sendable, Equatable {
    package enum FrontEnd: Sendable {
        case http, grpc

        fileprivate var flag: String { self == .http ? "--http-restricted-api" : "--grpc-restricted-protocol" }
        fileprivate var noun: String { self == .http ? "api" : "protocol" }
        fileprivate var headerPrefix: String { self == .http ? "" : "triton-grpc-protocol-" }
    }

    private struct Restriction: Sendable, Equatable {
        var header: String
        var value: String
    }

    private let frontEnd: FrontEnd
    private var restrictions: [RestrictedCategory: Restriction] = [:]

    /// Nothing is restricted.
    package init(_ frontEnd: FrontEnd) { self.frontEnd = frontEnd }

    /// - Parameter groups: `<name>[,<name>…]:<key>=<value>` each.
    /// - Throws: `.invalidArgument`, naming the flag, for a name that is unknown or stands twice.
    package init(_ frontEnd: FrontEnd, groups: [String]) throws(ServingError) {
        self.init(frontEnd)
        for group in groups { try add(group) }
    }

    package var isEmpty: Bool { restrictions.isEmpty }

    package func isRestricted(_ category: RestrictedCategory) -> Bool { restrictions[category] != nil }

    /// - Parameters:
    ///   - category: of what is called.
    ///   - header: looks up a header by its name, whose case does not matter; the first of several.
    /// - Throws: `.permissionDenied` over HTTP and, as Triton has it, `.unavailable` over gRPC.
    package func check(_ category: RestrictedCategory, header: (String) -> String?) throws(ServingError) {
        guard let restriction = restrictions[category] else { return }
        if let given = header(restriction.header), Self.isSame(given, as: restriction.value) { return }
        let code: ServingError.Code = frontEnd == .http ? .permissionDenied : .unavailable
        let noun = frontEnd == .http ? "API" : "protocol"
        throw ServingError(
            code,
            "This \(noun) is restricted, expecting header '\(restriction.header)'",
            reason: .rejected
        )
    }

    private mutating func add(_ group: String) throws(ServingError) {
        guard let colon = group.firstIndex(of: ":"), let equals = group[colon...].firstIndex(of: "=") else {
            throw refused("is of the form <names>:<key>=<value>")
        }
        let key = String(group[group.index(after: colon)..<equals])
        let value = String(group[group.index(after: equals)...])
        guard !key.isEmpty, key.utf8.allSatisfy(\.isTokenCharacter) else {
            throw refused("has a key that cannot be the name of a header")
        }
        guard !value.isEmpty else { throw refused("has an empty value, which would keep nobody out") }
        // HTTP/2 has names in lower case only, and they are the same name in HTTP/1.
        let header = frontEnd.headerPrefix + (frontEnd == .http ? key : key.lowercased())
        for name in group[..<colon].split(separator: ",", omittingEmptySubsequences: false) {
            guard let category = RestrictedCategory(rawValue: String(name)) else {
                throw refused("names an unknown restricted \(frontEnd.noun) '\(name.prefix(64))'")
            }
            guard restrictions[category] == nil else {
                throw refused(
                    "is not possible: restricted \(frontEnd.noun) '\(name)' can not be specified in multiple config groups"
                )
            }
            restrictions[category] = Restriction(header: header, value: value)
        }
    }

    private func refused(_ why: String) -> ServingError {
        // The group itself has a secret in it.
        ServingError(.invalidArgument, "a value of \(frontEnd.flag) \(why)")
    }

    /// Takes as long for a value that is right up to its last byte as for one that is all wrong.
    static func isSame(_ given: String, as expected: String) -> Bool {
        let (given, expected) = (Array(given.utf8), Array(expected.utf8))
        var difference = given.count ^ expected.count
        for index in given.indices { difference |= Int(given[index] ^ expected[index % expected.count]) }
        return difference == 0
    }
}

extension UInt8 {
    /// A character of a header's name: RFC 9110's `tchar`.
    fileprivate var isTokenCharacter: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(self)
        }
    }
}

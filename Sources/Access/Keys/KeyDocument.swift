// SPDX-License-Identifier: Apache-2.0
private import FoundationEssentials
package import Inference

/// The keys of a store as JSON: `{"version": 1, "keys": […]}`.
///
/// It is read strictly: a field that this version does not know may be a restriction that it would then not enforce.
package enum KeyDocument {
    package static let version = 1

    /// - Throws: `.invalidArgument` with the place of the first thing that is wrong.
    package static func read(_ bytes: [UInt8]) throws(ServingError) -> KeyTable {
        let data = Data(bytes)
        let header: Header
        let content: Content
        do {
            header = try JSONDecoder().decode(Header.self, from: data)
            guard header.version == version else {
                throw ServingError(
                    .invalidArgument,
                    "it has version \(header.version) and this is a Buckler that knows version \(version): "
                        + "use the Buckler that wrote it"
                )
            }
            content = try JSONDecoder().decode(Content.self, from: data)
        } catch {
            throw error as? ServingError ?? described(error)
        }
        return try KeyTable(content.keys.map(\.record))
    }

    package static func write(_ table: KeyTable) throws(ServingError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let content = Content(version: version, keys: table.records.map { Entry(record: $0) })
        guard let data = try? encoder.encode(content) else {
            throw ServingError(.internalError, "the keys cannot be written as JSON")
        }
        return Array(data) + [UInt8(ascii: "\n")]
    }

    private static func described(_ error: any Error) -> ServingError {
        guard let error = error as? DecodingError else { return ServingError(.invalidArgument, "it is not JSON") }
        let context: DecodingError.Context
        switch error {
        case .typeMismatch(_, let found), .valueNotFound(_, let found), .keyNotFound(_, let found): context = found
        case .dataCorrupted(let found): context = found
        @unknown default: return ServingError(.invalidArgument, "it is not as Buckler writes it")
        }
        var place = ""
        for key in context.codingPath {
            place += key.intValue.map { "[\($0)]" } ?? (place.isEmpty ? "" : ".") + key.stringValue
        }
        let detail = context.debugDescription
        return ServingError(.invalidArgument, place.isEmpty ? detail : "\(place): \(detail)")
    }

    private struct Header: Decodable {
        var version: Int
    }

    fileprivate struct Content: Codable {
        enum CodingKeys: String, CodingKey, CaseIterable { case version, keys }

        var version: Int
        var keys: [Entry]

        init(version: Int, keys: [Entry]) {
            self.version = version
            self.keys = keys
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.knownContainer(CodingKeys.self)
            version = try container.decode(Int.self, forKey: .version)
            var list = try container.nestedUnkeyedContainer(forKey: .keys)
            keys = []
            while !list.isAtEnd {
                guard keys.count < KeyTable.limit else {
                    throw DecodingError.dataCorruptedError(
                        in: list,
                        debugDescription: "there are more than \(KeyTable.limit)"
                    )
                }
                keys.append(try list.decode(Entry.self))
            }
        }
    }
}

/// A ``KeyRecord`` in JSON.
private struct Entry: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case id, name, tenant, scopes, models, rate, created, expires, revoked, salt, digest
        case replacedBy = "replaced_by"
    }

    let record: KeyRecord

    init(record: KeyRecord) { self.record = record }

    init(from decoder: any Decoder) throws {
        let container = try decoder.knownContainer(CodingKeys.self)
        func checked<Value>(_ key: CodingKeys, _ body: () throws -> Value?) throws -> Value {
            do {
                if let value = try body() { return value }
            } catch let error as ServingError {
                throw DecodingError.dataCorruptedError(forKey: key, in: container, debugDescription: error.message)
            }
            throw DecodingError.dataCorruptedError(forKey: key, in: container, debugDescription: "it cannot be right")
        }
        func name(_ key: CodingKeys) throws -> String {
            try checked(key) {
                let name = try container.decode(String.self, forKey: key)
                try KeyTerms.check(name: name, of: key == .tenant ? "tenant" : "key")
                return name
            }
        }
        func id(_ key: CodingKeys) throws -> KeyID {
            try checked(key) { KeyID(try container.decode(String.self, forKey: key)) }
        }
        func seconds(_ key: CodingKeys) throws -> Int64? {
            guard let seconds = try container.decodeIfPresent(Int64.self, forKey: key) else { return nil }
            return try checked(key) { (0...(1 << 40)).contains(seconds) ? seconds : nil }
        }
        let salt = try container.decode(String.self, forKey: .salt)
        let digest = try container.decode(String.self, forKey: .digest)
        let created = try seconds(.created)
        record = KeyRecord(
            id: try id(.id),
            principal: Principal(name: try name(.name), tenant: container.contains(.tenant) ? try name(.tenant) : nil),
            grant: Grant(
                scopes: try checked(.scopes) { try KeyTerms.scopes(container.decode([String].self, forKey: .scopes)) },
                models: try checked(.models) { try KeyTerms.models(container.decode([String].self, forKey: .models)) }
            ),
            rate: try container.decodeIfPresent(Rate.self, forKey: .rate)?.rule ?? .unlimited,
            createdAt: try checked(.created) { created },
            expiresAt: try seconds(.expires),
            revokedAt: try seconds(.revoked),
            replacedBy: container.contains(.replacedBy) ? try id(.replacedBy) : nil,
            verifier: try checked(.digest) { KeyVerifier(salt: salt, digest: digest) }
        )
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(record.id.description, forKey: .id)
        try container.encode(record.principal.name, forKey: .name)
        try container.encodeIfPresent(record.principal.tenant, forKey: .tenant)
        try container.encode(record.grant.scopes.scopes.map(\.rawValue), forKey: .scopes)
        try container.encode(record.grant.models.map(\.description), forKey: .models)
        if !record.rate.isUnlimited { try container.encode(Rate(rule: record.rate), forKey: .rate) }
        try container.encode(record.createdAt, forKey: .created)
        try container.encodeIfPresent(record.expiresAt, forKey: .expires)
        try container.encodeIfPresent(record.revokedAt, forKey: .revoked)
        try container.encodeIfPresent(record.replacedBy?.description, forKey: .replacedBy)
        try container.encode(record.verifier.saltText, forKey: .salt)
        try container.encode(record.verifier.digestText, forKey: .digest)
    }
}

/// A ``RateRule`` in JSON.
private struct Rate: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case burst, concurrent
        case requestsPerSecond = "requests_per_second"
        case bytesPerSecond = "bytes_per_second"
    }

    let rule: RateRule

    init(rule: RateRule) { self.rule = rule }

    init(from decoder: any Decoder) throws {
        let container = try decoder.knownContainer(CodingKeys.self)
        rule = RateRule(
            requestsPerSecond: try container.decodeIfPresent(Double.self, forKey: .requestsPerSecond),
            burst: try container.decodeIfPresent(Double.self, forKey: .burst),
            bytesPerSecond: try container.decodeIfPresent(Double.self, forKey: .bytesPerSecond),
            concurrentRequests: try container.decodeIfPresent(Int.self, forKey: .concurrent)
        )
        do throws(ServingError) {
            try RateText.check(rule)
        } catch {
            throw DecodingError.dataCorrupted(.init(codingPath: container.codingPath, debugDescription: error.message))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(rule.requestsPerSecond, forKey: .requestsPerSecond)
        try container.encodeIfPresent(rule.burst, forKey: .burst)
        try container.encodeIfPresent(rule.bytesPerSecond, forKey: .bytesPerSecond)
        try container.encodeIfPresent(rule.concurrentRequests, forKey: .concurrent)
    }
}

private struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension Decoder {
    /// An object that has none but the fields of `Keys`.
    fileprivate func knownContainer<Keys: CodingKey & CaseIterable>(
        _: Keys.Type
    ) throws -> KeyedDecodingContainer<Keys> {
        let known = Set(Keys.allCases.map(\.stringValue))
        for key in try container(keyedBy: AnyKey.self).allKeys where !known.contains(key.stringValue) {
            let what = "this version of Buckler knows no field '\(key.stringValue.prefix(40))'"
            throw DecodingError.dataCorrupted(.init(codingPath: codingPath, debugDescription: what))
        }
        return try container(keyedBy: Keys.self)
    }
}

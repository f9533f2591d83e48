// SPDX-License-Identifier: Apache-2.0
package import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Keys in the clear, for containers: what `BUCKLER_API_KEYS` and `--api-key-file` hold.
///
/// One key a line, or parted by `;`. Either the key alone, or fields parted by spaces:
///
///     bkl_…
///     name=ci scopes=infer,metadata models=fraud-*,mlp@3 expires=2027-01-01 rate=100/s key=bkl_…
///
/// Fields are those of ``KeyTerms/Field``. What is not said is as `buckler key create` has it, except that these keys
/// do not expire on their own (nor is `90d` a time here: it would begin anew with each start), and that a key alone is
/// named after its id. Empty lines, and lines that start with `#`,
/// count for nothing: a text without a key gives no key, and nobody a way in.
package struct KeyLines: Sendable {
    package static let variable = "BUCKLER_API_KEYS"
    package static let sizeLimit = 4 << 20

    private let origin: String
    private let salt: KeySalt
    private let createdAt: Int64

    /// - Parameters:
    ///   - origin: what the lines are in, for messages.
    ///   - seconds: since 1970; from when on they count. Equal lines read twice give equal records.
    package init(origin: String, at seconds: Int64) {
        self.origin = origin
        salt = .random()
        createdAt = seconds
    }

    /// The keys of the environment, or of the program that it names.
    package static func environment(at seconds: Int64) throws(ServingError) -> [KeyRecord] {
        guard let value = getenv(variable) else { return [] }
        let text = String(cString: value)
        if let command = try SecretCommand(text, setting: variable) { return try records(of: command, at: seconds) }
        return try KeyLines(origin: variable, at: seconds).records(in: text)
    }

    /// The keys that a program prints.
    package static func records(of command: SecretCommand, at seconds: Int64) throws(ServingError) -> [KeyRecord] {
        try KeyLines(origin: "the output of \(command.program)", at: seconds).records(in: try command.text())
    }

    /// - Throws: `.invalidArgument` naming the entry, and never what might be a secret.
    package func records(in text: String) throws(ServingError) -> [KeyRecord] {
        guard text.utf8.count <= Self.sizeLimit else {
            throw ServingError(.payloadTooLarge, "\(origin) has more than \(Self.sizeLimit) bytes of API keys")
        }
        var records: [KeyRecord] = []
        var ids: Set<KeyID> = []
        for (line, content) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
        where content.first(where: { !$0.isWhitespace }) != "#" {
            for entry in content.split(separator: ";") {
                let fields = entry.split(whereSeparator: \.isWhitespace)
                guard !fields.isEmpty else { continue }
                let place = "\(origin), line \(line + 1)"
                guard records.count < KeyTable.limit else {
                    throw ServingError(.resourceExhausted, "\(place): there are more than \(KeyTable.limit) keys")
                }
                let record = try record(fields, place: place)
                guard ids.insert(record.id).inserted else {
                    throw ServingError(.invalidArgument, "\(place): the key \(record.id) is there twice")
                }
                records.append(record)
            }
        }
        return records
    }

    /// A key as a line that ``records(in:)`` reads.
    package static func line(_ terms: KeyTerms, key: KeyText) -> String {
        var fields = ["name=\(terms.name)"]
        if let tenant = terms.tenant { fields.append("tenant=\(tenant)") }
        fields.append("scopes=" + terms.scopes.scopes.map(\.rawValue).joined(separator: ","))
        fields.append("models=" + terms.models.map(\.description).joined(separator: ","))
        if let end = terms.expiresAt { fields.append("expires=" + TimeText.text(end)) }
        if let rate = terms.rate.requestsPerSecond { fields.append("rate=" + RateText.text(rate)) }
        if let burst = terms.rate.burst { fields.append("burst=" + RateText.decimal(burst)) }
        if let bytes = terms.rate.bytesPerSecond { fields.append("bytes-per-second=" + RateText.decimal(bytes)) }
        if let count = terms.rate.concurrentRequests { fields.append("concurrent=\(count)") }
        return fields.joined(separator: " ") + " key=" + key.secretText
    }

    private func record(_ fields: [Substring], place: String) throws(ServingError) -> KeyRecord {
        var values: [String: String] = [:]
        for field in fields {
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            // A key alone has no `=`, so what has none is never shown: it may be one.
            let name = parts.count == 2 ? String(parts[0]) : "key"
            guard name == "key" || KeyTerms.Field(rawValue: name) != nil else {
                let known = KeyTerms.Field.allCases.map(\.rawValue).joined(separator: ", ")
                throw ServingError(.invalidArgument, "\(place): there is a field that is none of key, \(known)")
            }
            guard values.updateValue(String(parts[parts.count - 1]), forKey: name) == nil else {
                throw ServingError(.invalidArgument, "\(place): '\(name)' is given twice")
            }
        }
        guard let text = values.removeValue(forKey: "key"), let key = KeyText(text) else {
            throw ServingError(
                .invalidArgument,
                "\(place): there is no API key, or it was cut or mistyped; only keys that Buckler made are taken. "
                    + "To make one, type: buckler key create NAME --print-only"
            )
        }
        return KeyRecord(try terms(values, id: key.id, place: place), key: key, at: createdAt, salt: salt)
    }

    private func terms(_ values: [String: String], id: KeyID, place: String) throws(ServingError) -> KeyTerms {
        var terms = try KeyTerms(name: "key-\(id)")
        for field in KeyTerms.Field.allCases {
            guard let value = values[field.rawValue] else { continue }
            guard !value.contains(KeyText.prefix) else {
                throw ServingError(.invalidArgument, "\(place): there is a key in '\(field.rawValue)'")
            }
            do throws(ServingError) {
                try terms.set(field, to: value, at: nil)
            } catch {
                throw ServingError(error.code, "\(place): \(field.rawValue): \(error.message)")
            }
        }
        do throws(ServingError) {
            try terms.check()
        } catch {
            throw ServingError(error.code, "\(place): \(error.message)")
        }
        return terms
    }
}

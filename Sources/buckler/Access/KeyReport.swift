// SPDX-License-Identifier: Apache-2.0
import Access
import Inference
import Settings

/// What `buckler key` says about keys. Digests are not part of it, and a key's text only where it was just made.
enum KeyReport {
    struct Row: Encodable {
        var id: String
        var name: String
        var tenant: String?
        var scopes: [String]
        var models: [String]
        var state: String
        var created: String
        var expires: String?
        var revoked: String?
        var replacedBy: String?
        var limits: Limits?
        /// Only of a key that was just made.
        var key: String?
    }

    struct Limits: Encodable {
        var requestsPerSecond: Double?
        var burst: Double?
        var bytesPerSecond: Double?
        var concurrentRequests: Int?
    }

    static func row(_ record: KeyRecord, at seconds: Int64, key: KeyText? = nil) -> Row {
        let rate = record.rate
        return Row(
            id: record.id.description,
            name: record.principal.name,
            tenant: record.principal.tenant,
            scopes: record.grant.scopes.scopes.map(\.rawValue),
            models: record.grant.models.map(\.description),
            state: record.state(at: seconds).rawValue,
            created: TimeText.text(record.createdAt),
            expires: record.expiresAt.map(TimeText.text),
            revoked: record.revokedAt.map(TimeText.text),
            replacedBy: record.replacedBy?.description,
            limits: rate.isUnlimited
                ? nil
                : Limits(
                    requestsPerSecond: rate.requestsPerSecond,
                    burst: rate.burst,
                    bytesPerSecond: rate.bytesPerSecond,
                    concurrentRequests: rate.concurrentRequests
                ),
            key: key?.secretText
        )
    }

    static func text(_ rows: [Row]) -> String {
        var table = TextTable([
            ("id", .left), ("name", .left), ("tenant", .left), ("scopes", .left), ("models", .left),
            ("expires", .left), ("state", .left),
        ])
        for row in rows {
            table.append([
                row.id, row.name, row.tenant ?? "–", row.scopes.joined(separator: ","),
                Printable.text(row.models.joined(separator: ",")), row.expires ?? "never", row.state,
            ])
        }
        return table.text
    }

    /// The key alone on standard output, so that it can be piped to where it is kept; the rest beside it.
    static func show(_ new: NewKey, json: Bool, at seconds: Int64, note: String? = nil) throws {
        let row = row(new.record, at: seconds, key: new.text)
        if json { return Terminal.output.line(try JSONOutput.text(row)) }
        Terminal.progress(
            "key \(row.id) of '\(row.name)': \(row.scopes.joined(separator: ", ")) on "
                + "\(Printable.text(row.models.joined(separator: ", "))); "
                + (row.expires.map { "ends \($0)" } ?? "never ends")
        )
        if let note { Terminal.error.line(note) }
        Terminal.output.line(new.text.secretText)
        Terminal.error.line(
            Terminal.error.styled(
                "Keep it now: it is not stored and cannot be shown again. Send it as 'Authorization: Bearer KEY'.",
                .dim
            )
        )
    }
}

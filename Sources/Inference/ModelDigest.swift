// SPDX-License-Identifier: Apache-2.0

/// SHA-256 of what is served under a name and a version: see `ModelDigests` in `Serving` for what goes into it.
package struct ModelDigest: Sendable, Hashable {
    /// `sha256:` and 64 hexadecimal digits: nothing that a line of JSON would have to escape.
    package let text: String

    /// - Returns: `nil` unless there are 32 bytes.
    package init?(sha256 bytes: some Sequence<UInt8>) {
        var text = "sha256:"
        var count = 0
        for byte in bytes {
            text.append(Self.digits[Int(byte >> 4)])
            text.append(Self.digits[Int(byte & 15)])
            count += 1
        }
        guard count == 32 else { return nil }
        self.text = text
    }

    private static let digits = Array("0123456789abcdef")
}

/// A version that serves, as the audit log names it.
package struct ServedModel: Sendable, Hashable {
    package var name: String
    package var version: Int64
    package var digest: ModelDigest?

    package init(_ model: any ServableModel) {
        name = model.name
        version = model.version
        digest = model.digest
    }
}

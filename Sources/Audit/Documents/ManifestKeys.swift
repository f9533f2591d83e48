// SPDX-License-Identifier: Apache-2.0

/// Tells large JSON files that are manifests from weights and vocabularies, in which every word may stand as a key.
enum ManifestKeys {
    /// Whether there is a key of Kubernetes' or compose's with a value of its kind: `"apiVersion": "…"`,
    /// `"services": {…}`.
    static func areIn(_ bytes: [UInt8]) -> Bool {
        let keys = [(Array("apiVersion\"".utf8), UInt8(ascii: "\"")), (Array("services\"".utf8), UInt8(ascii: "{"))]
        var index = 0
        while let quote = bytes[index...].firstIndex(of: UInt8(ascii: "\"")) {
            index = quote + 1
            if keys.contains(where: {
                bytes[index...].starts(with: $0.0) && value(bytes, behind: index + $0.0.count) == $0.1
            }) {
                return true
            }
        }
        return false
    }

    /// The first byte of what stands behind the colon.
    private static func value(_ bytes: [UInt8], behind start: Int) -> UInt8? {
        let rest = bytes[start...].drop(while: isBlank)
        guard rest.first == UInt8(ascii: ":") else { return nil }
        return rest.dropFirst().first { !isBlank($0) }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}

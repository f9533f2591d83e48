// SPDX-License-Identifier: Apache-2.0

/// A content coding of HTTP that bodies may have; `deflate` is the zlib format, as RFC 9110 has it.
package enum ContentCoding: String, Sendable, CaseIterable {
    case identity, gzip, deflate

    /// From a `Content-Encoding`; `nil` if it names a coding that is not known or more than one.
    package init?(contentEncoding: String) {
        let name = trimmed(contentEncoding[...]).lowercased()
        self.init(rawValue: name.isEmpty ? "identity" : name)
    }

    /// The coding of a response from an `Accept-Encoding`: the known one with the highest weight, the first of those
    /// that share it, and none at all if every known one has weight 0. Entries that cannot be read are passed over.
    package static func preferred(acceptEncoding: String) -> ContentCoding {
        var best = ContentCoding.identity
        var bestWeight = 0
        for entry in acceptEncoding.utf8.split(separator: UInt8(ascii: ",")) {
            let parts = entry.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
            guard let name = parts.first,
                let coding = ContentCoding(rawValue: trimmed(Substring(name)).lowercased())
            else { continue }
            guard let weight = weight(parts.dropFirst()), weight > bestWeight else { continue }
            best = coding
            bestWeight = weight
        }
        return best
    }

    /// Thousandths; 1,000 if there is no `q`, `nil` if it cannot be read.
    private static func weight(_ parameters: some Sequence<Substring.UTF8View>) -> Int? {
        var weight = 1000
        for parameter in parameters {
            let text = trimmed(Substring(parameter))
            guard text.hasPrefix("q=") || text.hasPrefix("Q=") else { continue }
            guard let value = thousandths(text.utf8.dropFirst(2)) else { return nil }
            weight = value
        }
        return weight
    }

    /// `0` or `1`, then up to three decimals; at most 1.
    private static func thousandths(_ text: Substring.UTF8View) -> Int? {
        guard let first = text.first, first == UInt8(ascii: "0") || first == UInt8(ascii: "1") else { return nil }
        var value = Int(first - UInt8(ascii: "0")) * 1000
        guard text.count > 1 else { return value }
        guard text.dropFirst().first == UInt8(ascii: "."), text.count <= 5 else { return nil }
        var unit = 100
        for digit in text.dropFirst(2) {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            value += Int(digit - UInt8(ascii: "0")) * unit
            unit /= 10
        }
        return value <= 1000 ? value : nil
    }
}

private func trimmed(_ text: Substring) -> Substring {
    var text = text
    while text.first == " " || text.first == "\t" { text.removeFirst() }
    while text.last == " " || text.last == "\t" { text.removeLast() }
    return text
}

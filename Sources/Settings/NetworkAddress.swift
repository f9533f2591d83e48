// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Tells an address that a server could listen on from text that cannot be one. Nothing is looked up.
enum NetworkAddress {
    static func isWellFormed(_ text: String) -> Bool {
        if text.contains(":") {
            // A zone, as in `fe80::1%eth0`, is for the system to know.
            let address = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
            var parsed = in6_addr()
            return !text.contains("\0") && inet_pton(AF_INET6, String(address[0]), &parsed) == 1
        }
        let isNumeric = text.utf8.allSatisfy { $0 == UInt8(ascii: ".") || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        guard isNumeric else { return isHostName(text) }
        var parsed = in_addr()
        return inet_pton(AF_INET, text, &parsed) == 1
    }

    /// Letters, digits, hyphens and underscores in labels with dots between them.
    private static func isHostName(_ text: String) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        let name = text.hasSuffix(".") ? text.dropLast() : text[...]
        return name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { byte in
                    let isLetter = UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
                    let isDigit = UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                    return isLetter || isDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                }
        }
    }
}

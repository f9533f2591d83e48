// SPDX-License-Identifier: Apache-2.0

/// `grpc-timeout`: up to eight digits and a unit.
package enum RequestTimeout {
    /// Nanoseconds; `nil` if it is malformed.
    package static func parse(_ text: String) -> UInt64? {
        let bytes = text.utf8
        guard (2...9).contains(bytes.count), let unit = bytes.last else { return nil }
        var value: UInt64 = 0
        for byte in bytes.dropLast() {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + UInt64(byte - UInt8(ascii: "0"))
        }
        switch unit {
        case UInt8(ascii: "H"):
            // 99,999,999 of these are more than 64 bits hold; no other unit can overflow.
            let (product, overflow) = value.multipliedReportingOverflow(by: 3_600_000_000_000)
            return overflow ? .max : product
        case UInt8(ascii: "M"): return value * 60_000_000_000
        case UInt8(ascii: "S"): return value * 1_000_000_000
        case UInt8(ascii: "m"): return value * 1_000_000
        case UInt8(ascii: "u"): return value * 1000
        case UInt8(ascii: "n"): return value
        default: return nil
        }
    }
}

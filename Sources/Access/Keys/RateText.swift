// SPDX-License-Identifier: Apache-2.0
package import Inference

/// Rates as people type them, and what is a rate at all.
package enum RateText {
    package static let requestsLimit = 1e9
    /// A pebibyte a second.
    package static let bytesLimit = 0x1p50
    package static let concurrencyLimit = 1_000_000

    /// `100/s`, `600/m`, `10/h`.
    package static func requestsPerSecond(_ text: String) throws(ServingError) -> Double {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let periods: [Substring: Double] = ["s": 1, "m": 60, "h": 3600]
        guard parts.count == 2, let count = number(parts[0]), let period = periods[parts[1]] else {
            throw refused(text, "rate", "write 100/s, 600/m or 10/h")
        }
        return count / period
    }

    /// As ``requestsPerSecond(_:)`` reads it: for the period in which it is a plain number.
    static func text(_ requestsPerSecond: Double) -> String {
        for (unit, seconds) in [("/s", 1.0), ("/m", 60)] {
            let count = requestsPerSecond * seconds
            if abs((count * 1000).rounded() / 1000 - count) <= count * 1e-9 { return decimal(count) + unit }
        }
        return decimal(requestsPerSecond * 3600) + "/h"
    }

    package static func burst(_ text: String) throws(ServingError) -> Double {
        guard let count = number(text[...]) else { throw refused(text, "burst", "write a number of requests") }
        return count
    }

    /// `1048576`, `512K`, `10M`, `10MiB`, `1G`: in powers of 1024.
    package static func bytesPerSecond(_ text: String) throws(ServingError) -> Double {
        var digits = text[...]
        if digits.hasSuffix("iB") { digits = digits.dropLast(2) }
        let hasUnit = digits.count < text.count
        let units: [Character: Double] = ["K": 0x1p10, "M": 0x1p20, "G": 0x1p30]
        let unit = digits.last.flatMap { units[$0] }
        if unit != nil { digits = digits.dropLast() }
        guard unit != nil || !hasUnit, let count = number(digits) else {
            throw refused(text, "number of bytes per second", "write 1048576, 512K, 10M or 1G")
        }
        return count * (unit ?? 1)
    }

    package static func concurrentRequests(_ text: String) throws(ServingError) -> Int {
        guard text.utf8.first != UInt8(ascii: "+"), let count = Int(text) else {
            throw refused(text, "number of concurrent requests", "write a whole number")
        }
        return count
    }

    /// - Throws: `.invalidArgument` for a rule that would refuse everything, or that no limit can mean.
    package static func check(_ rate: RateRule) throws(ServingError) {
        func check(_ value: Double?, _ what: String, from low: Double, to high: Double) throws(ServingError) {
            guard let value, !(value >= low && value <= high) else { return }
            throw ServingError(.invalidArgument, "\(what) is from \(low) to \(high)")
        }
        try check(rate.requestsPerSecond, "the rate of requests per second", from: 1e-3, to: requestsLimit)
        try check(rate.burst, "a burst", from: 1, to: requestsLimit)
        try check(rate.bytesPerSecond, "the number of bytes per second", from: 1, to: bytesLimit)
        if rate.burst != nil, rate.requestsPerSecond == nil {
            throw ServingError(.invalidArgument, "a burst needs a rate")
        }
        if let count = rate.concurrentRequests, !(1...concurrencyLimit).contains(count) {
            throw ServingError(.invalidArgument, "the number of concurrent requests is from 1 to \(concurrencyLimit)")
        }
    }

    /// As this reads it: without an exponent, to a thousandth.
    static func decimal(_ value: Double) -> String {
        let thousandths = Int64((min(value, bytesLimit) * 1000).rounded())
        let rest = String(thousandths % 1000)
        let whole = String(thousandths / 1000)
        return thousandths % 1000 == 0 ? whole : "\(whole)." + String(repeating: "0", count: 3 - rest.count) + rest
    }

    /// Digits with at most one point in them: no sign, exponent or name.
    private static func number(_ text: Substring) -> Double? {
        guard text.utf8.count <= 20, text.utf8.first != UInt8(ascii: "."), text.utf8.last != UInt8(ascii: "."),
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: ".") })
        else { return nil }
        return Double(text)
    }

    private static func refused(_ text: String, _ what: String, _ hint: String) -> ServingError {
        ServingError(.invalidArgument, "'\(text.prefix(40))' is not a \(what): \(hint)")
    }
}

// SPDX-License-Identifier: Apache-2.0

/// Floating-point numbers as they come out of Triton: protobuf prints them with as few digits as will do, then RapidJSON
/// reads that text and prints it again.
enum JSONNumberText {
    static func text(_ value: Float) -> String {
        text(String(describing: value), isFinite: value.isFinite, shortPrecision: 6, longPrecision: 9)
    }

    static func text(_ value: Double) -> String {
        text(String(describing: value), isFinite: value.isFinite, shortPrecision: 15, longPrecision: 17)
    }

    /// - Parameters:
    ///   - description: the shortest decimal that reads back as the same value.
    ///   - shortPrecision: digits with which protobuf tries first, `longPrecision` those that it falls back to.
    private static func text(
        _ description: String,
        isFinite: Bool,
        shortPrecision: Int,
        longPrecision: Int
    ) -> String {
        guard isFinite else { return nonFinite(description) }
        let decimal = Decimal(description)
        let sign = decimal.isNegative ? "-" : ""
        if decimal.digits == "0" { return decimal.isNegative ? "-0.0" : "0" }
        let precision = decimal.digits.count <= shortPrecision ? shortPrecision : longPrecision
        let isWhole = decimal.pointPosition >= decimal.digits.count
        // Without a point or an exponent in protobuf's text, RapidJSON takes the number for an integer.
        if isWhole, decimal.pointPosition <= precision {
            return sign + decimal.digits + zeros(decimal.pointPosition - decimal.digits.count)
        }
        return sign + rapid(decimal)
    }

    private static func nonFinite(_ description: String) -> String {
        switch description {
        case "inf": "\"Infinity\""
        case "-inf": "\"-Infinity\""
        default: "\"NaN\""
        }
    }

    /// RapidJSON writes plain decimals from 1e-6 up to 1e21 and exponents beyond.
    private static func rapid(_ decimal: Decimal) -> String {
        let digits = decimal.digits
        let point = decimal.pointPosition
        if point >= digits.count, point <= 21 { return digits + zeros(point - digits.count) + ".0" }
        if point > 0, point <= 21 { return digits.prefix(point) + "." + digits.dropFirst(point) }
        if point > -6, point <= 0 { return "0." + zeros(-point) + digits }
        let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
        return digits.prefix(1) + fraction + "e\(point - 1)"
    }

    private static func zeros(_ count: Int) -> String { String(repeating: "0", count: count) }

    /// 0.`digits` × 10^`pointPosition`, without zeros at either end of the digits.
    private struct Decimal {
        var isNegative: Bool
        var digits: String
        var pointPosition: Int

        init(_ description: String) {
            isNegative = description.hasPrefix("-")
            let parts = description.drop { $0 == "-" }.split(separator: "e")
            let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
            let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
            let all = mantissa.joined()
            let significant = all.drop { $0 == "0" }
            pointPosition = mantissa[0].count - (all.count - significant.count) + exponent
            let trailing = significant.reversed().prefix { $0 == "0" }.count
            digits = String(significant.dropLast(trailing))
            if digits.isEmpty { digits = "0" }
        }
    }
}

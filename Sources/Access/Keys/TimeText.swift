// SPDX-License-Identifier: Apache-2.0
private import FoundationEssentials
package import Inference

/// Times as people type them: `90d`, `2027-01-01`, `2027-01-01T12:00:00Z`, `never`.
package enum TimeText {
    /// Ten years. What is to last longer is to be written `never`.
    package static let longest: Int64 = 3650 * 86_400

    /// - Returns: seconds since 1970; `nil` for `never`.
    package static func expiry(_ text: String, at seconds: Int64) throws(ServingError) -> Int64? {
        if text == "never" { return nil }
        let duration: Int64?
        do throws(ServingError) { duration = try self.duration(text) } catch { throw tooLong(text) }
        if let duration, duration > 0 { return seconds + duration }
        guard let date = date(text) else {
            throw ServingError(
                .invalidArgument,
                "'\(text.prefix(40))' is not a time of expiry: write 90d, 12h, 2027-01-01, 2027-01-01T12:00:00Z or never"
            )
        }
        guard date > seconds else { throw ServingError(.invalidArgument, "'\(text)' has passed already") }
        guard date - seconds <= longest else { throw tooLong(text) }
        return date
    }

    /// - Returns: seconds since 1970, past or to come; `nil` for `never`.
    package static func dateOrNever(_ text: String) throws(ServingError) -> Int64? {
        if text == "never" { return nil }
        if let date = date(text) { return date }
        throw ServingError(
            .invalidArgument,
            "'\(text.prefix(40))' is not a date: write 2027-01-01, 2027-01-01T12:00:00Z or never"
        )
    }

    /// A number of what its unit says: `s`, `m`, `h`, `d`, `w`. Only `0` needs none: `90` could be meant as days.
    /// - Returns: `nil` for anything else, in seconds.
    /// - Throws: for more than ``longest``.
    package static func duration(_ text: String) throws(ServingError) -> Int64? {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
        let unit = text.last.flatMap { units[$0] }
        let digits = unit == nil ? text[...] : text.dropLast()
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        guard unit != nil || text == "0" else { return nil }
        let (seconds, overflow) = (Int64(digits) ?? .max).multipliedReportingOverflow(by: unit ?? 1)
        guard !overflow, seconds <= longest else {
            throw ServingError(
                .invalidArgument,
                "'\(text.prefix(40))' is more than ten years, as \(longest / 86_400)d is"
            )
        }
        return seconds
    }

    /// In UTC, to the second.
    package static func text(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }

    private static func tooLong(_ text: String) -> ServingError {
        ServingError(.invalidArgument, "'\(text.prefix(40))' is more than ten years away; write never if that is meant")
    }

    private static func date(_ text: String) -> Int64? {
        let whole = text.utf8.count == 10 ? text + "T00:00:00Z" : text
        guard whole.utf8.count == 20, let date = try? Date(whole, strategy: .iso8601) else { return nil }
        let seconds = Int64(date.timeIntervalSince1970)
        // Nothing that had to be bent to make a date: the 30th of February, another way to write the same.
        return self.text(seconds) == whole ? seconds : nil
    }
}

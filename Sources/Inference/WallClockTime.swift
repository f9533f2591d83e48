// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Microseconds since 1970, printed in UTC: for logs, never for durations.
package struct WallClockTime: Sendable, Hashable, Comparable {
    package var microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    package static func now() -> WallClockTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return WallClockTime(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    package static func < (left: WallClockTime, right: WallClockTime) -> Bool {
        left.microseconds < right.microseconds
    }

    /// Whole seconds since 1970; rounded down, before 1970 too.
    package var second: Int64 {
        microseconds >= 0 ? microseconds / 1_000_000 : (microseconds - 999_999) / 1_000_000
    }

    /// Microseconds since ``second``.
    package var fraction: Int64 { microseconds - second * 1_000_000 }

    /// `1120 21:21:00.909930`
    package var monthDayTime: String {
        let time = CivilTime(seconds: second)
        return "\(pad(time.month))\(pad(time.day)) \(clock(time)).\(pad(fraction, 6))"
    }

    /// `2026-11-20T21:21:00Z`
    package var secondsISO8601: String { dateAndClock + "Z" }

    /// `2026-11-20T21:21:00.909930Z`
    package var microsecondsISO8601: String { dateAndClock + "." + pad(fraction, 6) + "Z" }

    private var dateAndClock: String {
        let time = CivilTime(seconds: second)
        return "\(pad(time.year, 4))-\(pad(time.month))-\(pad(time.day))T\(clock(time))"
    }

    private func clock(_ time: CivilTime) -> String { "\(pad(time.hour)):\(pad(time.minute)):\(pad(time.second))" }

    private func pad(_ number: Int64, _ width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// - Parameter text: exactly as ``microsecondsISO8601`` prints it.
    package init?(microsecondsISO8601 text: String) {
        let digits = Array(text.utf8)
        guard digits.count == 27 else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            Int64(String(decoding: digits[range], as: UTF8.self))
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19), let fraction = number(20..<26)
        else { return nil }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (Int32(year) - 1900, Int32(month) - 1, Int32(day))
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (Int32(hour), Int32(minute), Int32(second))
        self.init(microseconds: Int64(timegm(&parts)) * 1_000_000 + fraction)
        guard microsecondsISO8601 == text else { return nil }
    }
}

// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Microseconds since 1970, printed in UTC: for the log, never for durations.
package struct WallClockTime: Sendable, Equatable {
    package var microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    package static func now() -> WallClockTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return WallClockTime(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    /// `1120 21:21:00.909930`
    var monthDayTime: String {
        let date = date
        return "\(pad(date.month))\(pad(date.day)) \(clock).\(fraction)"
    }

    /// `2026-11-20T21:21:00Z`
    var secondsISO8601: String { day + "T" + clock + "Z" }

    /// `2026-11-20T21:21:00.909930Z`
    var microsecondsISO8601: String { day + "T" + clock + "." + fraction + "Z" }

    private static let microsecondsPerDay: Int64 = 86_400_000_000

    private var microsecondsOfDay: Int64 {
        let rest = microseconds % Self.microsecondsPerDay
        return rest < 0 ? rest + Self.microsecondsPerDay : rest
    }

    private var day: String {
        let date = date
        return "\(pad(date.year, 4))-\(pad(date.month))-\(pad(date.day))"
    }

    private var clock: String {
        let seconds = microsecondsOfDay / 1_000_000
        return "\(pad(seconds / 3600)):\(pad(seconds / 60 % 60)):\(pad(seconds % 60))"
    }

    private var fraction: String { pad(microsecondsOfDay % 1_000_000, 6) }

    /// The civil date of a day count, with years that begin in March so that the leap day is the last.
    private var date: (year: Int64, month: Int64, day: Int64) {
        let days = (microseconds - microsecondsOfDay) / Self.microsecondsPerDay + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    private func pad(_ number: Int64, _ width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

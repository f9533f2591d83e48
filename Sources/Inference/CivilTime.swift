// SPDX-License-Identifier: Apache-2.0

/// The date and time of day in UTC, in the Gregorian calendar.
package struct CivilTime: Sendable, Equatable {
    package let year: Int64
    /// From 1.
    package let month: Int64
    /// From 1.
    package let day: Int64
    package let hour: Int64
    package let minute: Int64
    package let second: Int64

    /// - Parameter seconds: since 1970; what lies before is negative.
    package init(seconds: Int64) {
        let perDay: Int64 = 86_400
        let ofDay = seconds % perDay + (seconds % perDay < 0 ? perDay : 0)
        (hour, minute, second) = (ofDay / 3600, ofDay / 60 % 60, ofDay % 60)
        // Counted in eras of 400 years that begin in March, so that the leap day is the last of its year.
        let days = (seconds - ofDay) / perDay + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        month = shifted < 10 ? shifted + 3 : shifted - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        day = dayOfYear - (153 * shifted + 2) / 5 + 1
    }
}

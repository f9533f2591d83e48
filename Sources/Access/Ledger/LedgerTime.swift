// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Microseconds since 1970, UTC: when a line of the ledger came to be.
package struct LedgerTime: Sendable, Hashable, Comparable {
    package var microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    package static func now() -> LedgerTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return LedgerTime(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    package static func < (left: LedgerTime, right: LedgerTime) -> Bool { left.microseconds < right.microseconds }

    var second: Int64 { microseconds >= 0 ? microseconds / 1_000_000 : (microseconds - 999_999) / 1_000_000 }

    /// `2026-11-20T21:21:00.909930Z`
    package var text: String {
        var buffer = LedgerBuffer(capacity: 32)
        var stamp = LedgerTimestamp()
        stamp.print(self, into: &buffer)
        return buffer.text
    }
}

/// Prints times; what is the same for a whole second is worked out once.
struct LedgerTimestamp: Sendable {
    /// Bytes that a printed time has.
    static let width = 27

    private var second = Int64.min
    private var head: [UInt8] = []

    mutating func print(_ time: LedgerTime, into buffer: inout LedgerBuffer) {
        let second = time.second
        if second != self.second {
            head = Self.head(of: second)
            self.second = second
        }
        head.withUnsafeBytes { buffer.append($0) }
        buffer.appendPadded(UInt64(time.microseconds - second * 1_000_000), width: 6)
        buffer.append(UInt8(ascii: "Z"))
    }

    /// `2026-11-20T21:21:00.`
    private static func head(of second: Int64) -> [UInt8] {
        let perDay: Int64 = 86_400
        let ofDay = second % perDay + (second % perDay < 0 ? perDay : 0)
        let date = civil(day: (second - ofDay) / perDay)
        var buffer = LedgerBuffer(capacity: 32)
        let parts: [(value: Int64, width: Int, after: StaticString)] = [
            (date.year, 4, "-"), (date.month, 2, "-"), (date.day, 2, "T"),
            (ofDay / 3600, 2, ":"), (ofDay / 60 % 60, 2, ":"), (ofDay % 60, 2, "."),
        ]
        for part in parts {
            buffer.appendPadded(UInt64(min(max(0, part.value), 9999)), width: part.width)
            buffer.append(part.after)
        }
        return buffer.array
    }

    /// The civil date of a day since 1970, with years that begin in March so that the leap day is the last.
    private static func civil(day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let days = day + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}

extension LedgerTime {
    /// - Parameter text: exactly as ``text`` prints it.
    package init?(text: String) {
        let digits = Array(text.utf8)
        guard digits.count == LedgerTimestamp.width else { return nil }
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
        guard self.text == text else { return nil }
    }
}

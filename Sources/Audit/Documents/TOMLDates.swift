// SPDX-License-Identifier: Apache-2.0

/// TOML's four kinds of dates and times: with an offset, without one, a day alone, a time alone.
///
/// Source: TOML 1.0, and RFC 3339 for the ranges; a leap second is one.
enum TOMLDates {
    /// Whether it has the form `0000-00-00`, so that a time may follow behind a blank.
    static func looksLikeDay(_ word: [UInt8]) -> Bool {
        word.count == 10 && word[4] == UInt8(ascii: "-") && word[7] == UInt8(ascii: "-")
            && [word[0..<4], word[5..<7], word[8...]].allSatisfy { $0.allSatisfy(TOMLScanner.isDigit) }
    }

    static func isDateOrTime(_ word: [UInt8]) -> Bool {
        let day = Array(word.prefix(10))
        guard looksLikeDay(day) else {
            var time = word[...]
            return dropTime(&time) && time.isEmpty
        }
        guard CivilDay.isDay(String(decoding: day, as: UTF8.self)) else { return false }
        var rest = word.dropFirst(10)
        guard let mark = rest.popFirst() else { return true }
        guard mark | 0x20 == UInt8(ascii: "t") || mark == UInt8(ascii: " "), dropTime(&rest) else { return false }
        return rest.isEmpty || isOffset(rest)
    }

    /// Drops `00:00:00` and a fraction of the second; `false` if there is no time.
    private static func dropTime(_ word: inout ArraySlice<UInt8>) -> Bool {
        let colon = UInt8(ascii: ":")
        guard dropNumber(&word, upTo: 23), word.popFirst() == colon, dropNumber(&word, upTo: 59),
            word.popFirst() == colon, dropNumber(&word, upTo: 60)
        else { return false }
        guard word.first == UInt8(ascii: ".") else { return true }
        let fraction = word.dropFirst().prefix(while: TOMLScanner.isDigit)
        word = word.dropFirst(1 + fraction.count)
        return !fraction.isEmpty
    }

    private static func isOffset(_ word: ArraySlice<UInt8>) -> Bool {
        var rest = word
        guard let mark = rest.popFirst() else { return false }
        if mark | 0x20 == UInt8(ascii: "z") { return rest.isEmpty }
        return (mark == UInt8(ascii: "+") || mark == UInt8(ascii: "-")) && dropNumber(&rest, upTo: 23)
            && rest.popFirst() == UInt8(ascii: ":") && dropNumber(&rest, upTo: 59) && rest.isEmpty
    }

    private static func dropNumber(_ word: inout ArraySlice<UInt8>, upTo limit: Int) -> Bool {
        guard let number = number(word.prefix(2)), number <= limit else { return false }
        word = word.dropFirst(2)
        return true
    }

    /// Of two digits.
    private static func number(_ word: ArraySlice<UInt8>) -> Int? {
        guard word.count == 2, word.allSatisfy(TOMLScanner.isDigit) else { return nil }
        return word.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }
}

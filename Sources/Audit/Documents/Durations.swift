// SPDX-License-Identifier: Apache-2.0

/// Lengths of time as compose files, Dockerfiles and manifests write them.
enum Durations {
    /// Of `90`, `1m30s`, `1.5h` or `500ms`; what is no length of time takes for ever.
    static func seconds(_ text: String) -> Int {
        guard text.utf8.count <= 64 else { return .max }
        var total = 0.0
        var number = ""
        var rest = Substring(text)
        while let character = rest.popFirst() {
            if character.isASCII, character.isNumber || character == "." {
                number.append(character)
                continue
            }
            var unit = String(character)
            while let next = rest.first, next.isLetter { unit.append(rest.removeFirst()) }
            guard let value = Double(number), let factor = factors[unit] else { return .max }
            total += value * factor
            number = ""
        }
        if !number.isEmpty { total += Double(number) ?? .infinity }
        return total < Double(Int32.max) ? Int(total) : .max
    }

    private static let factors = ["ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600]

    /// Of what happens every so many seconds, so many times.
    static func product(_ seconds: Int, _ times: Int) -> Int {
        let (product, isTooLong) = seconds.multipliedReportingOverflow(by: times)
        return isTooLong ? .max : product
    }
}

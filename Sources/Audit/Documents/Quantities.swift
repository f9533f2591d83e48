// SPDX-License-Identifier: Apache-2.0

/// Numbers of bytes and of CPUs as compose files, `docker run`, proxies and manifests write them.
enum Quantities {
    /// Of `1048576`, `4g`, `512MB`, `16Gi` or `1.5G`; `nil` for what is none.
    static func bytes(_ text: String) -> Int? {
        let text = text.trimmingBlanks
        guard text.utf8.count <= 64 else { return nil }
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let number = Double(digits) else { return nil }
        var unit = text.dropFirst(digits.count).lowercased()
        if unit.hasSuffix("b") { unit.removeLast() }
        if unit.hasSuffix("i") { unit.removeLast() }
        guard unit.count <= 1, let power = unit.isEmpty ? 0 : powers[unit] else { return nil }
        // Between thousands and powers of two no bound is so fine that it matters.
        let bytes = (0..<power).reduce(number) { value, _ in value * 1024 }
        return bytes < 1e18 ? Int(bytes) : .max
    }

    /// Of `2`, `1.5` or `500m`; `nil` for what is none.
    static func cpus(_ text: String) -> Double? {
        let text = text.trimmingBlanks
        guard text.utf8.count <= 64 else { return nil }
        let isThousandths = text.hasSuffix("m")
        guard let number = Double(isThousandths ? text.dropLast() : text[...]), number.isFinite else { return nil }
        return isThousandths ? number / 1000 : number
    }

    private static let powers = ["k": 1, "m": 2, "g": 3, "t": 4, "p": 5, "e": 6]
}

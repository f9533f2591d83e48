// SPDX-License-Identifier: Apache-2.0

/// One family of the metrics page and its samples, in the Prometheus text format 0.0.4.
struct MetricFamily {
    enum Kind: String {
        case counter, gauge, histogram, summary
    }

    let name: String
    let kind: Kind
    let help: String
    private var samples = ""

    init(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        self.kind = kind
        self.help = help
    }

    mutating func add(_ value: UInt64, _ labels: MetricLabels = MetricLabels()) {
        samples += "\(name)\(labels.text) \(value)\n"
    }

    var isEmpty: Bool { samples.isEmpty }

    /// Not a number is what Prometheus itself calls `Nan`.
    mutating func add(_ value: Double, _ labels: MetricLabels = MetricLabels(), suffix: String = "") {
        samples += "\(name)\(suffix)\(labels.text) \(Self.text(value))\n"
    }

    static func text(_ value: Double) -> String {
        let number: String
        if let whole = Int64(exactly: value) {
            number = String(whole)
        } else if value.isNaN {
            number = "Nan"
        } else if value.isInfinite {
            number = value > 0 ? "+Inf" : "-Inf"
        } else {
            number = String(value)
        }
        return number
    }

    /// A family without samples still says what it is, as Triton's page does.
    var text: String { "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n\(samples)" }
}

/// The labels of a sample, sorted by name.
struct MetricLabels {
    private var labels: [String: String]

    init(_ labels: [String: String] = [:]) { self.labels = labels }

    func adding(_ name: String, _ value: String) -> MetricLabels {
        var more = self
        more.labels[name] = value
        return more
    }

    var text: String {
        if labels.isEmpty { return "" }
        let pairs = labels.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        return "{" + pairs.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",") + "}"
    }

    /// What a model directory may say in `metric_tags` becomes the name of a label only as far as the format allows.
    static func tagName(_ key: String) -> String {
        "_"
            + String(
                String.UnicodeScalarView(
                    key.unicodeScalars.map { scalar in
                        switch scalar {
                        case "a"..."z", "A"..."Z", "0"..."9", "_": scalar
                        default: "_"
                        }
                    }
                )
            )
    }

    private static func escaped(_ value: String) -> String {
        var escaped = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

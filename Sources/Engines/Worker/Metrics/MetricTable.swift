// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// How much one version of a model may count.
struct CustomMetricLimits: Sendable {
    var families = 64
    /// Of all families together.
    var metrics = 1024
    /// Bytes of a name, of a family or of a label.
    var nameBytes = 128
    /// Bytes of a label's value.
    var labelBytes = 256
    var labels = 16
    var buckets = 64
}

/// What a model's code counts. A value without a lock.
///
/// Families and metrics are known by numbers, which all workers of the model share: a worker that starts anew finds what
/// the last one has counted, and instances count together.
struct MetricTable: Sendable {
    private struct Place {
        var family: Int
        var metric: Int
    }

    let limits: CustomMetricLimits
    private(set) var families: [CustomMetricFamily] = []
    private var places: [Place] = []
    /// By family, then by labels: the number of a metric.
    private var numbers: [[[String: String]: Int]] = []

    init(limits: CustomMetricLimits) { self.limits = limits }

    /// - Returns: its number; of one that there is already, if it is of the same kind.
    mutating func family(_ wanted: FamilyWanted) throws(ServingError) -> Int {
        if let index = families.firstIndex(where: { $0.name == wanted.name }) {
            guard families[index].kind == wanted.kind else {
                throw Self.refused("metric family '\(wanted.name)' is there already, of another kind")
            }
            return index
        }
        try check(name: wanted.name)
        guard families.count < limits.families else {
            throw Self.refused("a model may have \(limits.families) metric families at most", .unavailable)
        }
        families.append(CustomMetricFamily(name: wanted.name, help: wanted.help, kind: wanted.kind))
        numbers.append([:])
        return families.count - 1
    }

    private func check(name: String) throws(ServingError) {
        guard Self.isName(name, allowing: ":"), name.utf8.count <= limits.nameBytes else {
            throw Self.refused(
                "'\(name.prefix(200))' is no name for metrics: letters, digits, '_' and ':', no digit first, "
                    + "\(limits.nameBytes) bytes at most"
            )
        }
        for prefix in ["nv_", "buckler_"] where name.hasPrefix(prefix) {
            throw Self.refused("metric family '\(name)': names that begin with \(prefix) are the server's own")
        }
    }

    /// - Parameter family: a number that ``family(_:)`` gave.
    /// - Returns: the metric's number; of one with the same labels, if there is one.
    mutating func metric(_ wanted: MetricWanted) throws(ServingError) -> Int {
        guard let index = Int(exactly: wanted.family), families.indices.contains(index) else {
            throw Self.refused("there is no metric family \(wanted.family)")
        }
        if let number = numbers[index][wanted.labels] {
            let known = families[index].metrics[places[number].metric].histogram?.bounds ?? []
            guard known == wanted.bounds else {
                throw Self.refused("a metric of '\(families[index].name)' with these labels has other buckets")
            }
            return number
        }
        try check(labels: wanted.labels, of: families[index])
        try check(bounds: wanted.bounds, of: families[index])
        guard places.count < limits.metrics else {
            throw Self.refused("a model may have \(limits.metrics) metrics at most", .unavailable)
        }
        let bounds = families[index].kind == .histogram ? wanted.bounds : nil
        families[index].metrics.append(CustomMetricFamily.Metric(labels: wanted.labels, bounds: bounds))
        places.append(Place(family: index, metric: families[index].metrics.count - 1))
        numbers[index][wanted.labels] = places.count - 1
        return places.count - 1
    }

    private func check(labels: [String: String], of family: CustomMetricFamily) throws(ServingError) {
        guard labels.count <= limits.labels else {
            throw Self.refused("a metric of '\(family.name)' has more than \(limits.labels) labels")
        }
        for (name, value) in labels {
            let isOwn = name.hasPrefix("__") || (name == "le" && family.kind == .histogram)
            guard Self.isName(name), !isOwn, name.utf8.count <= limits.nameBytes else {
                throw Self.refused("'\(name.prefix(200))' is no name for a label of metrics")
            }
            guard value.utf8.count <= limits.labelBytes else {
                throw Self.refused("label '\(name)' has more than \(limits.labelBytes) bytes")
            }
        }
    }

    private func check(bounds: [Double], of family: CustomMetricFamily) throws(ServingError) {
        guard family.kind == .histogram else {
            guard bounds.isEmpty else { throw Self.refused("only metrics of histograms have buckets") }
            return
        }
        let isAscending = zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }
        guard !bounds.isEmpty, bounds.count <= limits.buckets, isAscending, bounds.allSatisfy(\.isFinite) else {
            throw Self.refused(
                "a histogram needs from 1 to \(limits.buckets) buckets, finite numbers in ascending order"
            )
        }
    }

    /// - Throws: for what the worker's own end would have refused.
    mutating func measured(_ number: UInt64, _ measurement: Measurement) throws(WorkerFault) {
        let place = try place(number)
        let value = measurement.value
        let isMeant: Bool =
            switch (families[place.family].kind, measurement.change) {
            case (.counter, .increment): value.isFinite && value >= 0
            case (.gauge, .increment): value.isFinite
            case (.gauge, .set), (.histogram, .observe): !value.isNaN
            default: false
            }
        guard isMeant else {
            throw WorkerFault("metric \(number) is changed in a way that its kind does not have, or by \(value)")
        }
        switch measurement.change {
        case .increment: families[place.family].metrics[place.metric].value += value
        case .set: families[place.family].metrics[place.metric].value = value
        case .observe: families[place.family].metrics[place.metric].histogram?.observe(value)
        }
    }

    func value(_ number: UInt64) throws(WorkerFault) -> Double {
        let place = try place(number)
        guard families[place.family].kind != .histogram else {
            throw WorkerFault("the value of metric \(number) is wanted, which is a histogram")
        }
        return families[place.family].metrics[place.metric].value
    }

    private func place(_ number: UInt64) throws(WorkerFault) -> Place {
        guard let index = Int(exactly: number), places.indices.contains(index) else {
            throw WorkerFault("there is no metric \(number)")
        }
        return places[index]
    }

    private static func isName(_ name: String, allowing other: Unicode.Scalar? = nil) -> Bool {
        guard let first = name.unicodeScalars.first, !("0"..."9").contains(first) else { return false }
        return name.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "_": true
            default: scalar == other
            }
        }
    }

    private static func refused(_ text: String, _ code: ServingError.Code = .invalidArgument) -> ServingError {
        ServingError(code, text, reason: .rejected)
    }
}

extension CustomMetricFamily.Histogram {
    fileprivate mutating func observe(_ value: Double) {
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
        sum += value
    }
}

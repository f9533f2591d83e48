// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// A family of metrics that a model wants to have.
struct FamilyWanted: Equatable {
    var name: String
    var help: String
    var kind: CustomMetricFamily.Kind

    init(name: String, help: String, kind: CustomMetricFamily.Kind) {
        self.name = name
        self.help = help
        self.kind = kind
    }

    init(_ reader: inout MessageReader) throws(WorkerFault) {
        let number = try reader.number(UInt32.self, "a metric family")
        guard let kind = CustomMetricFamily.Kind(rawValue: number) else {
            throw WorkerFault("a metric family of kind \(number)")
        }
        self.kind = kind
        let nameBytes = try reader.number(UInt32.self, "a metric family's name")
        let helpBytes = try reader.number(UInt32.self, "a metric family's description")
        guard try reader.number(UInt32.self, "a metric family") == 0 else {
            throw WorkerFault("a metric family has bytes set that mean nothing")
        }
        name = try reader.paddedText(nameBytes, limit: WorkerProtocol.nameBytes, "a metric family's name")
        help = try reader.paddedText(
            helpBytes,
            limit: WorkerProtocol.descriptionBytes,
            "a metric family's description"
        )
    }
}

/// A metric of a family, with its labels.
struct MetricWanted: Equatable {
    var family: UInt64
    var labels: [String: String]
    /// Of a histogram.
    var bounds: [Double]

    init(family: UInt64, labels: [String: String], bounds: [Double]) {
        self.family = family
        self.labels = labels
        self.bounds = bounds
    }

    init(_ reader: inout MessageReader) throws(WorkerFault) {
        family = try reader.number("a metric's family")
        let labelCount = Int(try reader.number(UInt32.self, "a metric's labels"))
        let boundCount = Int(try reader.number(UInt32.self, "a metric's buckets"))
        guard labelCount <= WorkerProtocol.labelCount, boundCount <= WorkerProtocol.bucketCount else {
            throw WorkerFault("a metric has \(labelCount) labels and \(boundCount) buckets")
        }
        bounds = []
        for _ in 0..<boundCount {
            bounds.append(Double(bitPattern: try reader.number(UInt64.self, "a metric's buckets")))
        }
        labels = [:]
        for _ in 0..<labelCount {
            let nameBytes = try reader.number(UInt32.self, "a label")
            let valueBytes = try reader.number(UInt32.self, "a label")
            let name = try reader.paddedText(nameBytes, limit: WorkerProtocol.labelBytes, "a label's name")
            let value = try reader.paddedText(valueBytes, limit: WorkerProtocol.labelBytes, "a label's value")
            guard labels.updateValue(value, forKey: name) == nil else {
                throw WorkerFault("a metric has label '\(name)' twice")
            }
        }
    }
}

/// A change of a metric.
struct Measurement: Equatable {
    enum Change: UInt32 {
        case increment = 1
        case set, observe
    }

    var change: Change
    var value: Double

    init(_ change: Change, _ value: Double) {
        self.change = change
        self.value = value
    }

    init(_ reader: inout MessageReader) throws(WorkerFault) {
        let number = try reader.number(UInt32.self, "a measurement")
        guard let change = Change(rawValue: number), try reader.number(UInt32.self, "a measurement") == 0 else {
            throw WorkerFault("a measurement of kind \(number)")
        }
        self.change = change
        value = Double(bitPattern: try reader.number(UInt64.self, "a measurement"))
    }
}

// SPDX-License-Identifier: Apache-2.0

/// Walks the messages of an ONNX model and notes what a safe one does not have.
struct ONNXWalk {
    /// The messages of `onnx.proto` that are walked into.
    enum Kind { case model, graph, mainGraph, node, attribute, sparse, function, training, opset, metadata }

    private let bytes: WindowedBytes
    private let limits: InspectionLimits
    private var nodes = 0
    private var messages = 0
    private var tensors = 0
    private var hasGraph = false
    private var hasOperatorVersions = false
    /// Where each is first named.
    private var domains: [String: Int] = [:]
    private var producer: [String] = []
    private var functions = ONNXFunctions()

    /// Operators that are part of the format, or of the engine itself.
    private static let ownDomains: Set<String> = [
        "", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training", "com.microsoft",
        "com.microsoft.nchwc",
    ]

    init(_ bytes: WindowedBytes, _ limits: InspectionLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    mutating func message(
        _ kind: Kind,
        _ range: Range<Int>,
        depth: Int,
        _ inspection: inout Inspection
    ) throws(InspectionFault) {
        guard depth <= limits.messageDepth else {
            inspection.problem(
                .modelSize,
                "nests graphs more than \(limits.messageDepth) messages deep",
                at: range.lowerBound
            )
            return
        }
        messages += 1
        guard messages <= 8 * limits.nodes else { throw InspectionFault("has more messages than can be looked at") }
        var fields = ProtobufFields(bytes, in: range)
        while let field = try fields.next() {
            switch field.value {
            case .bytes(let inner): try self.field(kind, field.number, inner, depth: depth, &inspection)
            case .varint(let number): if kind == .model, field.number == 1 { inspection.fact("IR version", number) }
            default: break
            }
        }
    }

    private mutating func field(
        _ kind: Kind,
        _ number: Int,
        _ range: Range<Int>,
        depth: Int,
        _ inspection: inout Inspection
    ) throws(InspectionFault) {
        switch (kind, number) {
        case (.model, 7):
            hasGraph = true
            try message(.mainGraph, range, depth: depth + 1, &inspection)
        case (.model, 8), (.function, 9):
            if kind == .model { hasOperatorVersions = true }
            try opset(range)
        case (.model, 14), (.graph, 16), (.mainGraph, 16), (.node, 9), (.function, 14):
            try metadata(range, &inspection)
        case (.model, 20): try message(.training, range, depth: depth + 1, &inspection)
        case (.model, 25): try function(range, depth: depth + 1, &inspection)
        case (.training, 1), (.training, 2), (.attribute, 6), (.attribute, 11):
            try message(.graph, range, depth: depth + 1, &inspection)
        case (.graph, 1), (.mainGraph, 1), (.function, 7): try node(range, depth: depth + 1, &inspection)
        case (.node, 5), (.function, 11): try message(.attribute, range, depth: depth + 1, &inspection)
        case (.graph, 5), (.mainGraph, 5), (.attribute, 5), (.attribute, 10), (.sparse, 1), (.sparse, 2):
            try tensor(range, isInitializer: kind == .mainGraph, &inspection)
        case (.graph, 15), (.mainGraph, 15), (.attribute, 22), (.attribute, 23):
            try message(.sparse, range, depth: depth + 1, &inspection)
        case (.attribute, 4), (.attribute, 9):
            try report(range, "attribute", isDescription: false, &inspection)
        case (.model, 2), (.model, 3):
            producer.append(Printed.cut(try bytes.text(range, limit: 200), limit: 80))
            try report(range, "producer", &inspection)
        case (.model, 6), (.graph, 10), (.mainGraph, 10), (.node, 6), (.attribute, 13), (.function, 8):
            try report(range, "description", &inspection)
        default: break
        }
    }

    private func report(
        _ range: Range<Int>,
        _ place: String,
        isDescription: Bool = true,
        _ inspection: inout Inspection
    ) throws(InspectionFault) {
        // What is longer is text of the operator itself, such as a vocabulary; its beginning is looked at.
        let text = try bytes.text(range, limit: 64 << 10)
        TextScan.report(text, in: place, isDescription: isDescription, at: range.lowerBound, &inspection)
    }

    private mutating func opset(_ range: Range<Int>) throws(InspectionFault) {
        var fields = ProtobufFields(bytes, in: range)
        var domain = ""
        while let field = try fields.next() {
            if field.number == 1, case .bytes(let inner) = field.value { domain = try bytes.text(inner, limit: 256) }
        }
        note(domain, at: range.lowerBound)
    }

    private mutating func note(_ domain: String, at offset: Int) {
        if domains.count < 1000, domains[domain] == nil { domains[domain] = offset }
    }

    private func metadata(_ range: Range<Int>, _ inspection: inout Inspection) throws(InspectionFault) {
        var fields = ProtobufFields(bytes, in: range)
        while let field = try fields.next() {
            if case .bytes(let inner) = field.value { try report(inner, "metadata", &inspection) }
        }
    }

    private mutating func function(
        _ range: Range<Int>,
        depth: Int,
        _ inspection: inout Inspection
    ) throws(InspectionFault) {
        try functions.begin(bytes, range)
        try message(.function, range, depth: depth, &inspection)
        functions.end()
    }

    private mutating func node(_ range: Range<Int>, depth: Int, _ inspection: inout Inspection) throws(InspectionFault)
    {
        nodes += 1
        guard nodes <= limits.nodes else {
            inspection.problem(.modelSize, "has more than \(limits.nodes) nodes", at: range.lowerBound)
            throw InspectionFault("has more nodes than can be looked at", at: range.lowerBound)
        }
        var fields = ProtobufFields(bytes, in: range)
        var operation = ONNXFunctions.Name()
        while let field = try fields.next() {
            guard case .bytes(let inner) = field.value else { continue }
            switch field.number {
            case 4: operation.name = try bytes.text(inner, limit: 256)
            case 7: operation.domain = try bytes.text(inner, limit: 256)
            case 8: operation.overload = try bytes.text(inner, limit: 256)
            default: break
            }
        }
        try functions.use(operation)
        note(operation.domain, at: range.lowerBound)
        try message(.node, range, depth: depth, &inspection)
    }

    private mutating func tensor(
        _ range: Range<Int>,
        isInitializer: Bool,
        _ inspection: inout Inspection
    ) throws(InspectionFault) {
        tensors += 1
        guard tensors <= limits.tensors else {
            inspection.problem(.modelSize, "has more than \(limits.tensors) tensors", at: range.lowerBound)
            throw InspectionFault("has more tensors than can be looked at", at: range.lowerBound)
        }
        var tensor = ONNXTensor(offset: range.lowerBound)
        try tensor.read(bytes, range)
        tensor.check(bytes, isInitializer: isInitializer, &inspection)
    }

    /// What can only be said once all of the model has been seen.
    func finish(_ inspection: inout Inspection) {
        if !producer.isEmpty { inspection.fact("producer", producer.prefix(2).joined(separator: " ")) }
        inspection.fact("nodes", nodes)
        inspection.fact("tensors", tensors)
        inspection.fact("domains", domains.keys.sorted().map { $0.isEmpty ? "ai.onnx" : $0 }.joined(separator: ", "))
        if !inspection.externalData.isEmpty {
            let files = Set(inspection.externalData.map(\.location)).sorted()
            inspection.fact("external data", files.prefix(10).joined(separator: ", "))
        }
        if !hasGraph { inspection.problem(.malformed, "has no graph") }
        if !hasOperatorVersions { inspection.problem(.malformed, "names no version of the operators that it uses") }
        for (domain, offset) in domains.sorted(by: { $0.value < $1.value })
        where !Self.ownDomains.contains(domain) && !functions.define(all: domain) {
            inspection.problem(
                .customDomain,
                "uses operators of the domain \(Printed.quoted(domain)), which only a library of somebody's has",
                at: offset
            )
        }
        functions.check(limits, &inspection)
    }
}

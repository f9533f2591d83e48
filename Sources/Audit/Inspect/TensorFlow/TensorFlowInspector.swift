// SPDX-License-Identifier: Apache-2.0

/// A TensorFlow SavedModel or GraphDef: a graph whose operations can read and write files, and run Python.
enum TensorFlowInspector {
    /// Operations that reach beyond the graph. A suffix `V2` and the like is looked up without it. Those of checkpoints,
    /// `SaveV2`, `RestoreV2` and `MergeV2Checkpoints`, are in every SavedModel that TensorFlow writes, for its own saver.
    private static let dangers: [String: String] = [
        "ReadFile": "reads files", "WriteFile": "writes files", "MatchingFiles": "lists files",
        "SaveSlices": "writes files", "WholeFileReader": "reads files", "TextLineReader": "reads files",
        "FixedLengthRecordReader": "reads files", "TFRecordReader": "reads files", "LMDBReader": "reads files",
        "TextLineDataset": "reads files", "FixedLengthRecordDataset": "reads files", "TFRecordDataset": "reads files",
        "ImmutableConst": "maps files into memory", "PrintV": "writes files", "DebugIdentity": "writes files",
        "PyFunc": "runs Python", "PyFuncStateless": "runs Python", "EagerPyFunc": "runs Python",
        "NumericPyFunc": "runs Python", "GeneratorDataset": "runs Python", "RemoteCall": "runs elsewhere",
        "RpcCall": "opens the network", "RpcServer": "opens the network", "RpcClient": "opens the network",
        "RpcServerStart": "opens the network", "DataServiceDataset": "opens the network",
        "LoadLibrary": "loads libraries",
        "CreateSummaryFileWriter": "writes files", "WriteSummary": "writes files", "WriteImageSummary": "writes files",
        "WriteGraphSummary": "writes files", "WriteRawProtoSummary": "writes files",
        "CollectiveGather": "opens the network",
        "DumpFile": "writes files", "AudioMicrofrontendFile": "reads files", "SqlDataset": "reads files",
        "CSVDataset": "reads files", "ExperimentalCSVDataset": "reads files", "SnapshotDataset": "writes files",
        "SaveDataset": "writes files", "LoadDataset": "reads files", "AssetFile": "reads files",
    ]

    static func danger(of operation: String) -> String? {
        var name = operation[...]
        if let danger = dangers[String(name)] { return danger }
        while let last = name.last, last.isNumber { name = name.dropLast() }
        if let danger = dangers[String(name)] { return danger }
        return name.last == "V" ? dangers[String(name.dropLast())] : nil
    }

    /// A SavedModel has nothing but its version and its graphs; a GraphDef begins with a node.
    static func recognise(_ bytes: WindowedBytes) -> FileFormat? {
        var fields = ProtobufFields(bytes, in: 0..<bytes.count)
        var (hasVersion, graphs, nodes, count) = (false, 0, 0, 0)
        do throws(InspectionFault) {
            while let (number, value) = try fields.next() {
                count += 1
                guard count < 4_000_000 else { return nil }
                switch (number, value) {
                case (1, .varint): hasVersion = true
                case (2, .bytes(let range)): graphs += try looksLike(bytes, range, [1, 2, 3, 4, 5, 6, 7]) ? 1 : 0
                case (1, .bytes(let range)): if nodes <= 8, try looksLikeNode(bytes, range) { nodes += 1 }
                case (3, .varint), (4, .bytes): break
                default: return nil
                }
            }
        } catch {
            return nil
        }
        if hasVersion, graphs > 0, nodes == 0 { return .savedModel }
        return nodes > 0 && !hasVersion ? .graphDef : nil
    }

    private static func looksLike(_ bytes: WindowedBytes, _ range: Range<Int>, _ known: Set<Int>)
        throws(InspectionFault) -> Bool
    {
        var fields = ProtobufFields(bytes, in: range)
        var count = 0
        while let field = try fields.next(), count < 8 {
            guard known.contains(field.number), case .bytes = field.value else { return false }
            count += 1
        }
        return count > 0
    }

    /// A name, then an operation whose name begins with a letter.
    private static func looksLikeNode(_ bytes: WindowedBytes, _ range: Range<Int>) throws(InspectionFault) -> Bool {
        var fields = ProtobufFields(bytes, in: range)
        var operation: String?
        while let field = try fields.next() {
            guard (1...7).contains(field.number), case .bytes(let inner) = field.value else { return false }
            if field.number == 2 { operation = try bytes.text(inner, limit: 100) }
        }
        guard let first = operation?.unicodeScalars.first else { return false }
        return first.isASCII && first.properties.isAlphabetic || first == "_"
    }

    static func inspect(
        _ bytes: WindowedBytes,
        as format: FileFormat,
        _ inspection: inout Inspection,
        _ context: InspectionContext
    ) throws(InspectionFault) {
        inspection.format = format
        var walk = TensorFlowWalk(bytes: bytes, limits: context.limits)
        try walk.message(format == .savedModel ? .savedModel : .graph, 0..<bytes.count, &inspection)
        inspection.fact("nodes", walk.nodes)
        inspection.fact("operations", walk.operations.sorted().prefix(40).joined(separator: ", "))
    }
}

struct TensorFlowWalk {
    enum Kind { case savedModel, metaGraph, graph, library, function, asset }

    let bytes: WindowedBytes
    let limits: InspectionLimits
    private(set) var nodes = 0
    private(set) var operations: Set<String> = []

    init(bytes: WindowedBytes, limits: InspectionLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    /// The messages nest five deep at most, so this needs no bound of its own.
    mutating func message(_ kind: Kind, _ range: Range<Int>, _ inspection: inout Inspection) throws(InspectionFault) {
        var fields = ProtobufFields(bytes, in: range)
        while let field = try fields.next() {
            guard case .bytes(let inner) = field.value else { continue }
            switch (kind, field.number) {
            case (.savedModel, 2): try message(.metaGraph, inner, &inspection)
            case (.metaGraph, 2): try message(.graph, inner, &inspection)
            case (.metaGraph, 6): try message(.asset, inner, &inspection)
            case (.graph, 1), (.function, 3): try node(inner, &inspection)
            case (.graph, 2): try message(.library, inner, &inspection)
            case (.library, 1): try message(.function, inner, &inspection)
            case (.asset, 2): try checkAsset(inner, &inspection)
            default: break
            }
        }
    }

    private mutating func node(_ range: Range<Int>, _ inspection: inout Inspection) throws(InspectionFault) {
        nodes += 1
        guard nodes <= limits.nodes else {
            inspection.problem(.modelSize, "has more than \(limits.nodes) nodes", at: range.lowerBound)
            throw InspectionFault("has more nodes than can be looked at", at: range.lowerBound)
        }
        var fields = ProtobufFields(bytes, in: range)
        var (name, operation) = ("", "")
        while let field = try fields.next() {
            guard case .bytes(let inner) = field.value else { continue }
            if field.number == 1 { name = try bytes.text(inner, limit: 120) }
            if field.number == 2 { operation = try bytes.text(inner, limit: 120) }
        }
        if operations.count < 1000 { operations.insert(Printed.cut(operation, limit: 80)) }
        if let danger = TensorFlowInspector.danger(of: operation) {
            let message =
                "has an operation \(Printed.quoted(operation)), which \(danger), at its node \(Printed.quoted(name))"
            inspection.problem(.fileOperation, message, at: range.lowerBound)
        } else if operation.contains(">") {
            let message = "has an operation \(Printed.quoted(operation)), which only a library of somebody's has"
            inspection.problem(.customDomain, message, at: range.lowerBound)
        }
    }

    private func checkAsset(_ range: Range<Int>, _ inspection: inout Inspection) throws(InspectionFault) {
        let path = try bytes.text(range)
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isBeneath =
            !path.utf8.contains(UInt8(ascii: "\\"))
            && parts.allSatisfy { !$0.isEmpty && !$0.elementsEqual("..".utf8) && !$0.elementsEqual(".".utf8) }
        guard !isBeneath else { return }
        inspection.problem(
            .externalData,
            "names the asset \(Printed.quoted(path)), which is not plainly beneath the model's directory",
            at: range.lowerBound
        )
    }
}

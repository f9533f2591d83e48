// SPDX-License-Identifier: Apache-2.0

/// Inspects each file of a tree once, however many names it has: links cost nothing to whoever makes them.
struct InspectedFiles {
    /// Names of different kinds under which one file is inspected. A file has one, or a few.
    static let nameLimit = 8

    private var inspections: [FileIdentity: [String: Inspection]] = [:]

    mutating func inspect(_ source: any ByteSource, path: String) -> Inspection {
        guard let identity = source.identity else { return ModelFileInspector.inspect(source, name: path) }
        let kind = FileName.kind(of: path)
        let known = inspections[identity] ?? [:]
        if var inspection = known[kind] {
            inspection.name = path
            return inspection
        }
        guard known.count < Self.nameLimit else {
            var inspection = Inspection(name: path, size: source.count)
            let message =
                "is one file under more than \(Self.nameLimit) names of different kinds, and was not read again"
            inspection.problem(.modelSize, message)
            return inspection
        }
        let inspection = ModelFileInspector.inspect(source, name: path)
        inspections[identity, default: [:]][kind] = inspection
        return inspection
    }
}

// SPDX-License-Identifier: Apache-2.0

/// One compressed stream. What zlib can open is opened, to tell what is in it.
enum CompressedInspector {
    static func inspect(
        _ bytes: WindowedBytes,
        as format: FileFormat,
        _ inspection: inout Inspection,
        _ context: InspectionContext
    ) throws(InspectionFault) {
        inspection.format = format
        let wrapping: Inflation.Wrapping? = [.gzip: .gzip, .zlib: .zlib][format]
        guard let wrapping else { return }
        guard let inner = context.inner else {
            inspection.problem(.opaque, "is compressed within too many others")
            return
        }
        let limit = min(context.limits.heldBytes, context.budget.unpackedBytes)
        let inflated = try Inflation(bytes, at: 0, count: bytes.count, wrapping: wrapping, keep: limit, limit: limit)
        context.budget.unpackedBytes -= min(context.budget.unpackedBytes, inflated.count)
        if inflated.isComplete, inflated.consumed < bytes.count {
            inspection.problem(.polyglot, "has something behind its compressed data", at: inflated.consumed)
        }
        let part = ModelFileInspector.inspect(
            BeginningBytes(inflated.beginning, of: inflated.count),
            name: stem(inspection.name),
            inner,
            within: format
        )
        inspection.fact("unpacks to", inflated.isComplete ? part.format.title : "more than \(limit) bytes")
        inspection.absorb(part, member: "(unpacked)")
    }

    /// What unpickles compressed files, as joblib does, unpickles what is in them.
    private static func stem(_ name: String) -> String {
        if FileName.isPickleCarrier(name) { return name }
        guard let dot = name.lastIndex(of: ".") else { return name }
        return String(name[..<dot])
    }

    /// zlib's two bytes are found by chance too often: its data must unpack.
    static func isZlib(_ bytes: WindowedBytes, _ head: [UInt8]) -> Bool {
        guard head.count >= 6, head[0] == 0x78, (Int(head[0]) << 8 | Int(head[1])) % 31 == 0, head[1] & 0x20 == 0 else {
            return false
        }
        let inflated = try? Inflation(bytes, at: 0, count: bytes.count, wrapping: .zlib, keep: 0, limit: 4096)
        return inflated.map { $0.count > 0 } ?? false
    }
}

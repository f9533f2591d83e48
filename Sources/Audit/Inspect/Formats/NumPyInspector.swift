// SPDX-License-Identifier: Apache-2.0

/// A NumPy array. Its header is a Python dictionary, which is read by a strict grammar and never evaluated.
enum NumPyInspector {
    static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    /// Bytes; NumPy itself refuses more than 10,000 unless told otherwise.
    private static let headerLimit = 64 << 10

    static func inspect(
        _ bytes: WindowedBytes,
        _ inspection: inout Inspection,
        _ context: InspectionContext
    ) throws(InspectionFault) {
        inspection.format = .npy
        let version = try bytes.byte(at: 6)
        guard (1...3).contains(version) else { throw InspectionFault("has the unknown version \(version)", at: 6) }
        let width = version == 1 ? 2 : 4
        let length = Int(try bytes.little(at: 8, bytes: width))
        let start = 8 + width
        guard length <= headerLimit else {
            throw InspectionFault("has a header of \(length) bytes, more than \(headerLimit)", at: 8)
        }
        var header = NumPyHeader(try bytes.bytes(at: start, count: length), offset: start)
        try header.read()
        let data = start + length
        inspection.fact("type", header.type.text)
        inspection.fact("shape", header.shape)
        if header.type.holdsObjects {
            inspection.problem(.objectArray, "is an array of Python objects, which are stored as a pickle", at: start)
            report(pickleAt: data, bytes, &inspection, context)
            return
        }
        try checkSize(header, data: data, bytes, &inspection, context)
    }

    private static func report(
        pickleAt data: Int,
        _ bytes: WindowedBytes,
        _ inspection: inout Inspection,
        _ context: InspectionContext
    ) {
        guard let pickle = PickleFile(bytes, at: data, name: "objects.pkl", context) else { return }
        pickle.report(bytes, format: .pickle, into: &inspection)
    }

    private static func checkSize(
        _ header: NumPyHeader,
        data: Int,
        _ bytes: WindowedBytes,
        _ inspection: inout Inspection,
        _ context: InspectionContext
    ) throws(InspectionFault) {
        var size = header.type.size
        for dimension in header.shape {
            let (product, overflow) = size.multipliedReportingOverflow(by: dimension)
            guard !overflow else { throw InspectionFault("has a shape that no file can hold") }
            size = product
        }
        let rest = bytes.count - data
        guard size <= rest else {
            throw InspectionFault("has \(rest) bytes of content where its shape comes to \(size)", at: data)
        }
        guard size < rest else { return }
        inspection.problem(.polyglot, "has \(rest - size) bytes behind its array", at: data + size)
        report(pickleAt: data + size, bytes, &inspection, context)
    }
}

// SPDX-License-Identifier: Apache-2.0

/// An ONNX model, which has no mark at its beginning: it is recognised by its fields.
enum ONNXModel {
    /// Of `ModelProto`.
    private static let known: Set<Int> = [1, 2, 3, 4, 5, 6, 7, 8, 14, 20, 25, 26]

    static func looksRight(_ bytes: WindowedBytes) -> Bool {
        var fields = ProtobufFields(bytes, in: 0..<bytes.count)
        var hasGraph = false
        var count = 0
        do throws(InspectionFault) {
            while let (number, value) = try fields.next() {
                guard known.contains(number), count < 100_000 else { return false }
                count += 1
                switch (number, value) {
                case (1, .varint), (5, .varint), (20, .bytes), (25, .bytes), (26, .bytes), (14, .bytes), (8, .bytes):
                    break
                case (2, .bytes), (3, .bytes), (4, .bytes), (6, .bytes): break
                case (7, .bytes(let range)): hasGraph = looksLikeGraph(bytes, range) || hasGraph
                default: return false
                }
            }
        } catch {
            return false
        }
        return hasGraph
    }

    private static func looksLikeGraph(_ bytes: WindowedBytes, _ range: Range<Int>) -> Bool {
        var fields = ProtobufFields(bytes, in: range)
        for _ in 0..<8 {
            guard let field = try? fields.next() else { return fields.isAtEnd && !range.isEmpty }
            guard [1, 2, 5, 10, 11, 12, 13, 14, 15, 16].contains(field.number), case .bytes = field.value else {
                return false
            }
        }
        return true
    }

    static func inspect(
        _ bytes: WindowedBytes,
        _ inspection: inout Inspection,
        _ context: InspectionContext
    ) throws(InspectionFault) {
        inspection.format = .onnx
        if bytes.count > Int(Int32.max) {
            inspection.problem(.modelSize, "has \(bytes.count) bytes, more than a protobuf message may have")
        }
        var walk = ONNXWalk(bytes, context.limits)
        do throws(InspectionFault) {
            try walk.message(.model, 0..<bytes.count, depth: 0, &inspection)
        } catch {
            walk.finish(&inspection)
            throw error
        }
        walk.finish(&inspection)
    }
}

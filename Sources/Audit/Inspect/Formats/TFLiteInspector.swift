// SPDX-License-Identifier: Apache-2.0

/// A TensorFlow Lite model, as far as telling which operators it needs: a flatbuffer's table of them.
enum TFLiteInspector {
    private static let operatorLimit = 10_000

    static func inspect(_ bytes: WindowedBytes, _ inspection: inout Inspection) throws(InspectionFault) {
        inspection.format = .tflite
        let root = try bytes.number32(at: 0)
        guard let list = try field(1, ofTable: root, bytes) else { return }
        let vector = try follow(list, bytes)
        let count = try bytes.number32(at: vector)
        guard count <= operatorLimit else { throw InspectionFault("has \(count) kinds of operators", at: vector) }
        inspection.fact("kinds of operators", count)
        for index in 0..<count {
            let table = try follow(vector + 4 + 4 * index, bytes)
            guard let name = try field(1, ofTable: table, bytes) else { continue }
            let string = try follow(name, bytes)
            let length = try bytes.number32(at: string)
            guard length <= 4096 else { throw InspectionFault("has an operator with an endless name", at: string) }
            report(
                String(decoding: try bytes.bytes(at: string + 4, count: length), as: UTF8.self),
                at: string,
                &inspection
            )
        }
    }

    private static func report(_ name: String, at offset: Int, _ inspection: inout Inspection) {
        // Operators of TensorFlow itself are called so.
        if name.hasPrefix("Flex"), let danger = TensorFlowInspector.danger(of: String(name.dropFirst(4))) {
            inspection.problem(.fileOperation, "has an operation \(Printed.quoted(name)), which \(danger)", at: offset)
        } else if !name.hasPrefix("Flex"), name != "TFLite_Detection_PostProcess" {
            let message = "uses the operator \(Printed.quoted(name)), which only a library of somebody's has"
            inspection.problem(.customDomain, message, at: offset)
        }
    }

    private static func follow(_ offset: Int, _ bytes: WindowedBytes) throws(InspectionFault) -> Int {
        offset + (try bytes.number32(at: offset))
    }

    /// Where a field of a table is; `nil` if it has none.
    private static func field(
        _ index: Int,
        ofTable table: Int,
        _ bytes: WindowedBytes
    ) throws(InspectionFault) -> Int? {
        let distance = Int(Int32(truncatingIfNeeded: try bytes.number32(at: table)))
        let layout = table - distance
        let slot = 4 + 2 * index
        guard slot + 2 <= (try bytes.number16(at: layout)) else { return nil }
        let offset = try bytes.number16(at: layout + slot)
        return offset == 0 ? nil : table + offset
    }
}

// SPDX-License-Identifier: Apache-2.0

/// Searches a file for the configuration of a Keras model, which is JSON somewhere in it, and for code in that.
enum KerasScan {
    /// Bytes that a find may need on either side of a window's end.
    private static let overlap = 512

    static func scan(
        _ bytes: WindowedBytes,
        _ inspection: inout Inspection,
        _ context: InspectionContext
    ) throws(InspectionFault) {
        let end = bytes.count
        guard end <= context.limits.scannedBytes else {
            // The configuration may lie anywhere: what was not searched is not believed, and then none need be.
            let message = "has \(end) bytes, more than the \(context.limits.scannedBytes) that are searched for code"
            return inspection.problem(.modelSize, message)
        }
        var carried: [UInt8] = []
        var position = 0
        var isKeras = false
        while position < end {
            let part = try bytes.prefix(at: position, count: min(1 << 20, end - position))
            guard !part.isEmpty else { throw InspectionFault("cannot be read to its end", at: position) }
            let text = carried + part
            let start = position - carried.count
            if TextScan.contains(text, "class_name") || TextScan.contains(text, "keras_version") { isKeras = true }
            scan(text, from: start, &inspection)
            carried = Array(text.suffix(overlap))
            position += part.count
        }
        if isKeras { inspection.fact("content", "a Keras model") }
    }

    private static func scan(_ text: [UInt8], from start: Int, _ inspection: inout Inspection) {
        each("\"Lambda\"", in: text) { index in
            inspection.problem(
                .kerasCode,
                "has a Lambda layer, whose bytecode runs when it is loaded",
                at: start + index
            )
        }
        each("__lambda__", in: text) { index in
            inspection.problem(.kerasCode, "carries a lambda, whose bytecode runs when it is loaded", at: start + index)
        }
        each("\"module\"", in: text) { index in
            guard let module = value(in: text, from: index + 8) else { return }
            let package = module.prefix { $0 != "." }
            guard !["keras", "tensorflow", "builtins"].contains(package) || module.contains("utils") else { return }
            let message = "names the Python module \(Printed.quoted(module)), which is imported when it is loaded"
            inspection.problem(.kerasCode, message, at: start + index)
        }
        // JSON may write any letter as a number; no writer of models does.
        each("\\u00", in: text) { index in
            let digits = text[(index + 4)...].prefix(2)
            guard let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 16), (0x41...0x7A).contains(code)
            else {
                return
            }
            inspection.problem(.kerasCode, "hides letters of its configuration behind escapes", at: start + index)
        }
    }

    private static func each(_ pattern: String, in text: [UInt8], _ body: (Int) -> Void) {
        let pattern = Array(pattern.utf8)
        var position = 0
        while let index = TextScan.index(of: pattern, in: text, from: position) {
            body(index)
            position = index + pattern.count
        }
    }

    /// The string behind a key's colon.
    private static func value(in text: [UInt8], from start: Int) -> String? {
        let rest = text[start...].prefix(256).drop { $0 == 0x20 }
        guard rest.first == UInt8(ascii: ":") else { return nil }
        let value = rest.dropFirst().drop { $0 == 0x20 }
        guard value.first == UInt8(ascii: "\"") else { return nil }
        let content = value.dropFirst()
        let end = content.firstIndex(of: UInt8(ascii: "\""))
        // What the end of a window cuts stands whole in the next one.
        if end == nil, start + 256 > text.count { return nil }
        return String(decoding: content[..<(end ?? content.endIndex)], as: UTF8.self)
    }
}

// SPDX-License-Identifier: Apache-2.0

/// Tensors behind a header in JSON. The tensors must fill the file without gaps and without sharing bytes.
enum SafetensorsInspector {
    /// Of the header; what the format's own reader allows.
    private static let headerLimit = 100_000_000

    /// Bits of an element.
    private static let types: [String: Int] = [
        "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "I16": 16, "U16": 16, "F16": 16,
        "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "C64": 64, "F64": 64, "I64": 64, "U64": 64, "F4": 4,
        "F6_E2M3": 6, "F6_E3M2": 6,
    ]

    static func looksRight(_ bytes: WindowedBytes) -> Bool {
        guard bytes.count >= 10, let length = try? bytes.number64(at: 0), length >= 2, length <= UInt64(headerLimit),
            Int(length) <= bytes.count - 8
        else { return false }
        return (try? bytes.byte(at: 8)) == UInt8(ascii: "{")
    }

    static func inspect(_ bytes: WindowedBytes, _ inspection: inout Inspection) throws(InspectionFault) {
        inspection.format = .safetensors
        let length = try bytes.length64(at: 0, from: 8, "its header")
        guard length <= headerLimit else {
            throw InspectionFault("has a header of \(length) bytes, more than \(headerLimit)", at: 0)
        }
        guard try bytes.byte(at: 8) == UInt8(ascii: "{") else {
            throw InspectionFault("has a header that does not begin with a brace", at: 8)
        }
        var header = Header(events: JSONEvents(bytes, in: 8..<(8 + length)))
        try header.read()
        for (key, value) in header.metadata.prefix(20) { inspection.fact("metadata \(key)", value) }
        inspection.fact("tensors", header.spans.count)
        try checkLayout(&header.spans, data: bytes.count - 8 - length)
    }

    private static func checkLayout(_ spans: inout [Range<Int>], data: Int) throws(InspectionFault) {
        spans.sort { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }
        var position = 0
        for span in spans {
            guard span.lowerBound == position else {
                let what = span.lowerBound < position ? "has tensors that share bytes" : "has a gap between its tensors"
                throw InspectionFault(what, at: span.lowerBound)
            }
            position = span.upperBound
        }
        guard position == data else {
            throw InspectionFault("has \(data) bytes of content where its tensors come to \(position)")
        }
    }

    private struct Header {
        static let tensorLimit = InspectionLimits.defaults.tensors
        var events: JSONEvents
        var spans: [Range<Int>] = []
        var metadata: [(String, String)] = []

        mutating func read() throws(InspectionFault) {
            _ = try events.next()
            while case .key(let name) = try events.next() {
                guard try events.next() == .beginObject else {
                    throw fault("has no object for \(Printed.quoted(name))")
                }
                if name == "__metadata__" { try readMetadata() } else { try readTensor(name) }
            }
            guard try events.next() == nil else { throw fault("has something behind its header") }
        }

        private mutating func readMetadata() throws(InspectionFault) {
            var count = 0
            while case .key(let name) = try events.next() {
                guard case .string(let value) = try events.next() else {
                    throw fault("has metadata \(Printed.quoted(name)) that is no string")
                }
                count += 1
                guard count <= 10_000 else { throw fault("has more than 10000 entries of metadata") }
                if metadata.count < 20 { metadata.append((Printed.cut(name, limit: 80), value)) }
            }
        }

        private mutating func readTensor(_ name: String) throws(InspectionFault) {
            var bits: Int?
            var elements: Int?
            var offsets: [Int] = []
            while case .key(let key) = try events.next() {
                switch key {
                case "dtype":
                    guard case .string(let type) = try events.next(), let width = SafetensorsInspector.types[type]
                    else {
                        throw fault("has a tensor \(Printed.quoted(name)) of unknown type")
                    }
                    bits = width
                case "shape":
                    elements = 1
                    for dimension in try numbers(name) { elements = try product(elements ?? 1, dimension, name) }
                case "data_offsets": offsets = try numbers(name)
                default: throw fault("has a tensor \(Printed.quoted(name)) with an unknown key \(Printed.quoted(key))")
                }
            }
            guard let bits, let elements, offsets.count == 2, offsets[0] <= offsets[1] else {
                throw fault("has a tensor \(Printed.quoted(name)) without a type, a shape or a place")
            }
            let total = try product(elements, bits, name)
            guard total % 8 == 0, total / 8 == offsets[1] - offsets[0] else {
                throw fault("has a tensor \(Printed.quoted(name)) whose place and shape contradict each other")
            }
            guard spans.count < Self.tensorLimit else { throw fault("has more than \(Self.tensorLimit) tensors") }
            spans.append(offsets[0]..<offsets[1])
        }

        private mutating func numbers(_ name: String) throws(InspectionFault) -> [Int] {
            guard try events.next() == .beginArray else {
                throw fault("has a tensor \(Printed.quoted(name)) with something other than a list of numbers")
            }
            var result: [Int] = []
            while case .number(let text) = try events.next() {
                guard let number = Int(text), number >= 0, result.count < 64 else {
                    throw fault("has a tensor \(Printed.quoted(name)) with an impossible number")
                }
                result.append(number)
            }
            return result
        }

        private func product(_ left: Int, _ right: Int, _ name: String) throws(InspectionFault) -> Int {
            let (product, overflow) = left.multipliedReportingOverflow(by: right)
            guard !overflow else { throw fault("has a tensor \(Printed.quoted(name)) that no file can hold") }
            return product
        }

        private func fault(_ message: String) -> InspectionFault { InspectionFault(message, at: events.position) }
    }
}

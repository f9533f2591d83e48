// SPDX-License-Identifier: Apache-2.0

/// llama.cpp's file format: keys with values, descriptions of tensors, then the tensors.
enum GGUFInspector {
    static func inspect(
        _ bytes: WindowedBytes,
        _ inspection: inout Inspection,
        _ context: InspectionContext
    ) throws(InspectionFault) {
        inspection.format = .gguf
        let version = try bytes.number32(at: 4)
        guard (2...3).contains(version) else { throw InspectionFault("has the unknown version \(version)", at: 4) }
        let limit = UInt64(context.limits.tensors)
        let (tensors, keys) = (try bytes.number64(at: 8), try bytes.number64(at: 16))
        guard tensors <= limit, keys <= limit else {
            throw InspectionFault("announces \(tensors) tensors and \(keys) keys, more than \(limit)", at: 8)
        }
        inspection.fact("version", version)
        inspection.fact("tensors", tensors)
        inspection.fact("keys", keys)
        var reading = GGUFReading(bytes: bytes)
        for _ in 0..<keys { try reading.readKey(into: &inspection) }
        try reading.readTensors(Int(tensors))
    }
}

struct GGUFReading {
    /// Bytes; the format's own bound.
    private static let keyLimit = 65_535
    private static let tensorNameLimit = 1024
    /// Bytes of a string that are looked at.
    private static let textLimit = 1 << 20
    /// Bytes of scalar values by their type; 8 is a string, 9 an array.
    private static let widths: [Int: Int] = [0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8]
    /// Elements and bytes of a block by ggml's numbers for types.
    private static let blocks: [Int: (elements: Int, bytes: Int)] = [
        0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 36),
        10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292),
        16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82),
        23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2),
        34: (256, 54), 35: (256, 66), 39: (32, 17),
    ]

    let bytes: WindowedBytes
    private var position = 24
    private var alignment = 32
    private var keys: Set<[UInt8]> = []

    init(bytes: WindowedBytes) { self.bytes = bytes }

    mutating func readKey(into inspection: inout Inspection) throws(InspectionFault) {
        let start = position
        let key = try string(limit: Self.keyLimit, "a key")
        let name = String(decoding: key, as: UTF8.self)
        guard keys.insert(key).inserted else {
            throw InspectionFault("has the key \(Printed.quoted(name)) twice", at: start)
        }
        let type = try bytes.number32(at: position)
        position += 4
        switch type {
        case 8:
            let value = try string(limit: nil, "a string")
            report(name, String(decoding: value, as: UTF8.self), at: start, &inspection)
        case 9: try skipArray(name)
        default:
            guard let width = Self.widths[type] else {
                throw InspectionFault("has the key \(Printed.quoted(name)) of unknown type \(type)", at: start)
            }
            let value = try bytes.little(at: position, bytes: width)
            position += width
            if name == "general.alignment" { try align(to: value, type: type, at: start) }
        }
    }

    private func report(_ name: String, _ value: String, at offset: Int, _ inspection: inout Inspection) {
        if name.hasPrefix("tokenizer.chat_template") {
            TemplateScan.report(value, called: name, at: offset, &inspection)
        } else if name.hasPrefix("general.") {
            inspection.fact(name, value)
            TextScan.report(value, in: name, at: offset, &inspection)
        }
    }

    private mutating func align(to value: UInt64, type: Int, at offset: Int) throws(InspectionFault) {
        guard type == 4, value > 0, value <= 1 << 20, value & (value - 1) == 0 else {
            throw InspectionFault("has an alignment that is no small power of two", at: offset)
        }
        alignment = Int(value)
    }

    private mutating func skipArray(_ name: String) throws(InspectionFault) {
        let start = position
        let type = try bytes.number32(at: position)
        let count = try bytes.number64(at: position + 4)
        position += 12
        guard count <= UInt64(bytes.count - min(bytes.count, position)) else {
            throw InspectionFault("has an array \(Printed.quoted(name)) that reaches beyond its end", at: start)
        }
        if type == 8 {
            for _ in 0..<count { try skipString() }
            return
        }
        guard let width = Self.widths[type] else {
            throw InspectionFault("has an array \(Printed.quoted(name)) of unknown type \(type)", at: start)
        }
        let (size, overflow) = Int(count).multipliedReportingOverflow(by: width)
        guard !overflow, size <= bytes.count - position else {
            throw InspectionFault("has an array \(Printed.quoted(name)) that reaches beyond its end", at: start)
        }
        position += size
    }

    private mutating func skipString() throws(InspectionFault) {
        let length = try bytes.length64(at: position, from: position + 8, "a string")
        position += 8 + length
    }

    private mutating func string(limit: Int?, _ what: String) throws(InspectionFault) -> [UInt8] {
        let length = try bytes.length64(at: position, from: position + 8, what)
        if let limit, length > limit {
            throw InspectionFault("has \(what) of \(length) bytes, more than \(limit)", at: position)
        }
        let content = try bytes.bytes(at: position + 8, count: min(length, Self.textLimit))
        position += 8 + length
        return content
    }

    /// Tensors lie one behind the other, each at a multiple of the alignment.
    mutating func readTensors(_ count: Int) throws(InspectionFault) {
        var expected = 0
        var names: Set<[UInt8]> = []
        for _ in 0..<count {
            let start = position
            let name = try string(limit: Self.tensorNameLimit, "a tensor's name")
            let title = Printed.quoted(String(decoding: name, as: UTF8.self))
            guard names.insert(name).inserted else {
                throw InspectionFault("has two tensors called \(title)", at: start)
            }
            let size = try tensorSize(title, at: start)
            guard let offset = Int(exactly: try bytes.number64(at: position)), offset == expected else {
                throw InspectionFault("has a tensor \(title) that does not lie behind the one before it", at: position)
            }
            position += 8
            guard size <= Int.max / 4 - expected else {
                throw InspectionFault("has a tensor \(title) that no file can hold", at: start)
            }
            expected = (expected + size + alignment - 1) / alignment * alignment
        }
        let data = (position + alignment - 1) / alignment * alignment
        // The last one need not be filled up to the alignment.
        guard count == 0 || expected - (bytes.count - data) < alignment else {
            throw InspectionFault("ends before its last tensor does", at: bytes.count)
        }
        let rest = bytes.count - data - expected
        guard rest <= 0 else { throw InspectionFault("has \(rest) bytes behind its last tensor", at: data + expected) }
    }

    private mutating func tensorSize(_ title: String, at start: Int) throws(InspectionFault) -> Int {
        let rank = try bytes.number32(at: position)
        guard rank <= 4 else { throw InspectionFault("has a tensor \(title) of \(rank) dimensions", at: start) }
        position += 4
        var elements = 1
        var first = 1
        for index in 0..<rank {
            guard let dimension = Int(exactly: try bytes.number64(at: position)) else {
                throw InspectionFault("has a tensor \(title) that no file can hold", at: start)
            }
            let (product, overflow) = elements.multipliedReportingOverflow(by: dimension)
            guard !overflow else { throw InspectionFault("has a tensor \(title) that no file can hold", at: start) }
            elements = product
            if index == 0 { first = dimension }
            position += 8
        }
        let type = try bytes.number32(at: position)
        position += 4
        guard let block = Self.blocks[type], first % block.elements == 0 else {
            throw InspectionFault("has a tensor \(title) of a type or width that is not known", at: start)
        }
        let (size, overflow) = (elements / block.elements).multipliedReportingOverflow(by: block.bytes)
        guard !overflow else { throw InspectionFault("has a tensor \(title) that no file can hold", at: start) }
        return size
    }
}

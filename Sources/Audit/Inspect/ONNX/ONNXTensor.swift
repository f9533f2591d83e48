// SPDX-License-Identifier: Apache-2.0

/// One `TensorProto`: what it says of its size must be what it has.
struct ONNXTensor {
    /// Bits of an element by ONNX's numbers for types; 8 is a string.
    private static let bits: [UInt64: Int] = [
        1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64, 15: 128,
        16: 16, 17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4, 24: 8, 25: 2, 26: 2,
    ]

    let offset: Int
    private var name = ""
    private var dimensions: [Int64] = []
    private var rank = 0
    private var type: UInt64 = 0
    private var rawLength: Int?
    /// Elements in one of the typed lists, by the list's field.
    private var listed: [Int: Int] = [:]
    private var isExternal = false
    private var entries: [(key: String, value: String)] = []
    private var hasSegment = false

    init(offset: Int) { self.offset = offset }

    private var title: String { Printed.quoted(name) }

    mutating func read(_ bytes: WindowedBytes, _ range: Range<Int>) throws(InspectionFault) {
        var fields = ProtobufFields(bytes, in: range)
        while let field = try fields.next() {
            switch (field.number, field.value) {
            case (1, .varint(let dimension)): add(dimension)
            case (1, .bytes(let packed)):
                var inner = ProtobufFields(bytes, in: packed)
                while !inner.isAtEnd { add(try inner.varint()) }
            case (2, .varint(let number)): type = number
            case (3, _): hasSegment = true
            case (4, .fixed32), (10, .fixed64), (5, .varint), (7, .varint), (11, .varint):
                listed[field.number, default: 0] += 1
            case (4, .bytes(let packed)): listed[4, default: 0] += packed.count / 4
            case (10, .bytes(let packed)): listed[10, default: 0] += packed.count / 8
            case (5, .bytes(let packed)), (7, .bytes(let packed)), (11, .bytes(let packed)):
                listed[field.number, default: 0] += try Self.varints(bytes, packed)
            case (6, .bytes): listed[6, default: 0] += 1
            case (8, .bytes(let inner)): name = try bytes.text(inner, limit: 256)
            case (9, .bytes(let inner)): rawLength = inner.count
            case (13, .bytes(let inner)): try readEntry(bytes, inner)
            case (14, .varint(let location)): isExternal = isExternal || location != 0
            default: break
            }
        }
    }

    private mutating func add(_ dimension: UInt64) {
        rank += 1
        if dimensions.count < 64 { dimensions.append(Int64(bitPattern: dimension)) }
    }

    private static func varints(_ bytes: WindowedBytes, _ range: Range<Int>) throws(InspectionFault) -> Int {
        var count = 0
        var position = range.lowerBound
        while position < range.upperBound {
            let part = try bytes.prefix(at: position, count: min(WindowedBytes.windowSize, range.upperBound - position))
            for byte in part where byte & 0x80 == 0 { count += 1 }
            position += max(1, part.count)
        }
        return count
    }

    private mutating func readEntry(_ bytes: WindowedBytes, _ range: Range<Int>) throws(InspectionFault) {
        isExternal = true
        var fields = ProtobufFields(bytes, in: range)
        var entry = (key: "", value: "")
        while let field = try fields.next() {
            guard case .bytes(let inner) = field.value else { continue }
            if field.number == 1 { entry.key = try bytes.text(inner) }
            if field.number == 2 { entry.value = try bytes.text(inner) }
        }
        if entries.count < 64 { entries.append(entry) }
    }

    func check(_ bytes: WindowedBytes, isInitializer: Bool, _ inspection: inout Inspection) {
        guard let elements else {
            inspection.problem(.modelSize, "has a tensor \(title) with dimensions that no file can hold", at: offset)
            return
        }
        guard type == 8 || Self.bits[type] != nil else {
            inspection.problem(.malformed, "has a tensor \(title) of the unknown type \(type)", at: offset)
            return
        }
        if hasSegment {
            inspection.problem(.malformed, "has a tensor \(title) in segments, which no engine reads", at: offset)
        }
        if isExternal {
            checkExternal(isInitializer: isInitializer, elements: elements, &inspection)
        } else {
            checkContent(elements, &inspection)
        }
    }

    /// `nil` if there is a negative dimension, too many of them, or an overflow.
    private var elements: Int? {
        guard rank == dimensions.count else { return nil }
        var result = 1
        for dimension in dimensions {
            guard let dimension = Int(exactly: dimension), dimension >= 0 else { return nil }
            let (product, overflow) = result.multipliedReportingOverflow(by: dimension)
            guard !overflow else { return nil }
            result = product
        }
        return result
    }

    private func byteCount(_ elements: Int) -> Int? {
        guard let bits = Self.bits[type] else { return nil }
        let (total, overflow) = elements.multipliedReportingOverflow(by: bits)
        return overflow || total > Int.max - 7 ? nil : (total + 7) / 8
    }

    private func checkContent(_ elements: Int, _ inspection: inout Inspection) {
        if let rawLength {
            guard listed.isEmpty else {
                inspection.problem(.malformed, "has a tensor \(title) with its content given twice", at: offset)
                return
            }
            guard type != 8, rawLength == byteCount(elements) else {
                let message = "has a tensor \(title) of \(rawLength) bytes where its dimensions come to another number"
                inspection.problem(.modelSize, message, at: offset)
                return
            }
            return
        }
        guard listed.count <= 1 else {
            inspection.problem(.malformed, "has a tensor \(title) with its content given twice", at: offset)
            return
        }
        let count = listed.values.first ?? 0
        if count != listedCount(elements) {
            let message = "has a tensor \(title) of \(count) elements where its dimensions come to \(elements)"
            inspection.problem(.modelSize, message, at: offset)
        }
    }

    /// How many items a typed list has for so many elements: complex numbers take two, small ones share one.
    private func listedCount(_ elements: Int) -> Int {
        switch type {
        case 14, 15:
            let (product, overflow) = elements.multipliedReportingOverflow(by: 2)
            return overflow ? .max : product
        case 21, 22, 23: return elements / 2 + elements % 2
        case 25, 26: return elements / 4 + (elements % 4 == 0 ? 0 : 1)
        default: return elements
        }
    }

    private func checkExternal(isInitializer: Bool, elements: Int, _ inspection: inout Inspection) {
        func refuse(_ what: String) {
            inspection.problem(.externalData, "has a tensor \(title) whose external data \(what)", at: offset)
        }
        guard Set(entries.map(\.key)).count == entries.count else { return refuse("is described twice") }
        let values = Dictionary(entries.map { ($0.key, $0.value) }) { first, _ in first }
        let known: Set<String> = ["location", "offset", "length", "checksum", "basepath"]
        if let odd = values.keys.sorted().first(where: { !known.contains($0) }) {
            refuse("has the unknown setting \(Printed.quoted(odd))")
        }
        guard let location = values["location"] else { return refuse("has no location") }
        guard Self.isBeneath(location) else {
            return refuse("is \(Printed.quoted(location)), which is not plainly beneath the model's directory")
        }
        guard type != 8, let size = byteCount(elements) else { return refuse("has a size that no file can hold") }
        guard let start = Int(values["offset"] ?? "0"), start >= 0, start <= Int.max - size else {
            return refuse("begins at \(Printed.quoted(values["offset"] ?? ""))")
        }
        if let stated = values["length"], Int(stated) != size {
            return refuse("is \(Printed.quoted(stated)) bytes long where its dimensions come to \(size)")
        }
        if !isInitializer { refuse("is not for the main graph's own tensors, where no engine should look for it") }
        inspection.add(
            ExternalDataUse(
                tensor: Printed.cut(name, limit: 120),
                location: location,
                offset: start,
                byteCount: size
            )
        )
    }

    /// A plain relative path: no step up, no root, nothing that an engine or a file system gives a meaning to.
    private static func isBeneath(_ location: String) -> Bool {
        let odd = Set("\\\0*:#?".utf8)
        guard !location.isEmpty, location.utf8.count < 4096,
            location.utf8.allSatisfy({ $0 >= 0x20 && !odd.contains($0) })
        else { return false }
        return location.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && !part.elementsEqual(".".utf8) && !part.elementsEqual("..".utf8)
        }
    }
}

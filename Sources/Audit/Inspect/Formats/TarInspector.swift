// SPDX-License-Identifier: Apache-2.0

/// A tar archive: its members' headers, and what each member is.
enum TarInspector {
    private static let block = 512

    static func looksRight(_ head: [UInt8]) -> Bool {
        guard head.count >= block, let stated = octal(head[148..<156]), head[0] != 0 else { return false }
        return sum(head[..<block]) == stated
    }

    static func inspect(
        _ bytes: WindowedBytes,
        _ inspection: inout Inspection,
        _ context: InspectionContext
    ) throws(InspectionFault) {
        inspection.format = .tar
        var position = 0
        var names: [String] = []
        while bytes.count - position >= block {
            let header = try bytes.bytes(at: position, count: block)
            guard header.contains(where: { $0 != 0 }) else { break }
            guard let stated = octal(header[148..<156]), sum(header[...]) == stated,
                let size = octal(header[124..<136]),
                size <= bytes.count - position - block
            else { throw InspectionFault("has a damaged tar header", at: position) }
            guard context.budget.members > 0 else {
                throw InspectionFault("has more than \(context.limits.members) members", at: position)
            }
            context.budget.members -= 1
            let name = name(header)
            check(name, header[156], at: position, &inspection)
            if names.count < 64 { names.append(name) }
            if [0, UInt8(ascii: "0")].contains(header[156]), let inner = context.inner {
                let content = SliceBytes(bytes.source, at: position + block, count: size)
                let part = ModelFileInspector.inspect(content, name: name, inner, within: .tar)
                inspection.absorb(part, member: Printed.cut(name, limit: 200))
            }
            position += block + (size + block - 1) / block * block
        }
        if Set(names).isSuperset(of: ["pickle", "storages", "tensors"]) { inspection.format = .torchLegacyTar }
        inspection.fact("members", names.count)
    }

    private static func check(_ name: String, _ kind: UInt8, at offset: Int, _ inspection: inout Inspection) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        if name.hasPrefix("/") || parts.contains("..") {
            let message = "has a member \(Printed.quoted(name)), which would be unpacked outside its directory"
            inspection.problem(.malformed, message, at: offset)
        }
        if kind == UInt8(ascii: "1") || kind == UInt8(ascii: "2") {
            inspection.problem(.malformed, "has a member \(Printed.quoted(name)) that is a link", at: offset)
        }
    }

    private static func name(_ header: [UInt8]) -> String {
        let name = String(decoding: header[..<100].prefix { $0 != 0 }, as: UTF8.self)
        let prefix = String(decoding: header[345..<500].prefix { $0 != 0 }, as: UTF8.self)
        let hasPrefix = header[257..<263].elementsEqual(Array("ustar\0".utf8)) && !prefix.isEmpty
        return hasPrefix ? prefix + "/" + name : name
    }

    /// The checksum's own bytes count as spaces.
    private static func sum(_ header: ArraySlice<UInt8>) -> Int {
        let own = header.dropFirst(148).prefix(8).reduce(0) { $0 + Int($1) }
        return header.reduce(0) { $0 + Int($1) } - own + 8 * 0x20
    }

    /// Also the binary form of large sizes that GNU writes.
    private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
        if field.first == 0x80 {
            let digits = field.dropFirst()
            guard digits.dropLast(7).allSatisfy({ $0 == 0 }) else { return nil }
            return digits.suffix(7).reduce(0) { $0 << 8 | Int($1) }
        }
        let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0 && $0 != 0x20 }
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x37).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }
    }
}

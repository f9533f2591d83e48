// SPDX-License-Identifier: Apache-2.0

/// Compares what a zip says twice: readers differ in which they believe, and that difference is how members are hidden.
struct ZipStructure {
    private static let localSize = 30

    private let bytes: WindowedBytes
    private let directory: ZipDirectory
    /// Where the content of each member begins, in the directory's order; `nil` where that cannot be told.
    private(set) var contentStarts: [Int?] = []

    init(_ bytes: WindowedBytes, _ directory: ZipDirectory) {
        self.bytes = bytes
        self.directory = directory
    }

    mutating func check(into inspection: inout Inspection) {
        var ends: [(start: Int, end: Int, slack: Int)] = []
        for member in directory.members {
            checkName(member, &inspection)
            do throws(InspectionFault) {
                let start = try checkHeader(member, &inspection)
                contentStarts.append(start)
                // 64-bit sizes make the record behind the content longer.
                let slack = member.hasDescriptor ? 24 : 0
                ends.append((member.headerOffset, start + member.packedSize, slack))
            } catch {
                inspection.problem(error)
                contentStarts.append(nil)
            }
        }
        if directory.members.count == ends.count { checkLayout(ends, &inspection) }
        checkDuplicates(&inspection)
        if directory.prefix > 0 {
            inspection.problem(.polyglot, "is a zip with \(directory.prefix) bytes of something else before it", at: 0)
        }
    }

    private func checkName(_ member: ZipMember, _ inspection: inout Inspection) {
        let name = Printed.quoted(member.title)
        if !Self.isBeneath(member.name) {
            inspection.problem(.malformed, "has a member \(name), which would be unpacked outside its directory")
        }
        if member.isLink { inspection.problem(.malformed, "has a member \(name) that is a link") }
        if member.isEncrypted {
            inspection.problem(
                .malformed,
                "has a member \(name) that is marked as encrypted, so that it cannot be checked"
            )
        }
        if member.method != 0, member.method != 8 {
            inspection.problem(
                .malformed,
                "has a member \(name) packed by method \(member.method), which cannot be checked"
            )
        }
        if member.size > 64 << 20, member.size / 200 > member.packedSize {
            inspection.problem(
                .modelSize,
                "has a member \(name) that unpacks to \(member.size) bytes from \(member.packedSize)"
            )
        }
    }

    private static func isBeneath(_ name: [UInt8]) -> Bool {
        guard let first = name.first, first != UInt8(ascii: "/") else { return false }
        guard name.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: ":") })
        else {
            return false
        }
        return !name.split(separator: UInt8(ascii: "/")).contains(Array("..".utf8)[...])
    }

    /// - Returns: where the content begins.
    private func checkHeader(_ member: ZipMember, _ inspection: inout Inspection) throws(InspectionFault) -> Int {
        let (header, name) = (member.headerOffset, Printed.quoted(member.title))
        let limit = directory.range.lowerBound
        guard limit - header >= Self.localSize, try bytes.number32(at: header) == 0x0403_4B50 else {
            throw InspectionFault("has a member \(name) without a header where its directory says", at: header)
        }
        let nameLength = try bytes.number16(at: header + 26)
        let extraLength = try bytes.number16(at: header + 28)
        let start = header + Self.localSize + nameLength + extraLength
        guard start <= limit, member.packedSize <= limit - start else {
            throw InspectionFault("has a member \(name) that reaches beyond its directory", at: header)
        }
        let local = try bytes.bytes(at: header + Self.localSize, count: nameLength)
        if local != member.name {
            let other = Printed.quoted(String(decoding: local, as: UTF8.self))
            inspection.problem(.malformed, "calls its member \(name) \(other) in another place", at: header)
        }
        try compareNumbers(
            member,
            header: header,
            extra: header + Self.localSize + nameLength,
            extraLength,
            &inspection
        )
        return start
    }

    private func compareNumbers(
        _ member: ZipMember,
        header: Int,
        extra: Int,
        _ extraLength: Int,
        _ inspection: inout Inspection
    ) throws(InspectionFault) {
        let name = Printed.quoted(member.title)
        func differ(_ what: String) {
            inspection.problem(
                .malformed,
                "says two different things about the \(what) of its member \(name)",
                at: header
            )
        }
        if try bytes.number16(at: header + 8) != member.method { differ("packing") }
        if try bytes.number16(at: header + 6) != member.flags { differ("flags") }
        // With a descriptor, the local header may leave these open.
        let checksum = UInt32(truncatingIfNeeded: try bytes.number32(at: header + 14))
        if checksum != member.checksum, !member.hasDescriptor || checksum != 0 { differ("checksum") }
        var wide = ZipExtra(try bytes.bytes(at: extra, count: extraLength))
        let size = try wide.wide(try bytes.number32(at: header + 22), header)
        let packed = try wide.wide(try bytes.number32(at: header + 18), header)
        if size != member.size, !member.hasDescriptor || size != 0 { differ("size") }
        if packed != member.packedSize, !member.hasDescriptor || packed != 0 { differ("packed size") }
        if member.method == 0, member.size != member.packedSize { differ("size") }
    }

    /// Members lie one behind the other: they share no bytes, and nothing is hidden between them.
    private func checkLayout(_ ends: [(start: Int, end: Int, slack: Int)], _ inspection: inout Inspection) {
        var position = directory.prefix
        var slack = 0
        for span in ends.sorted(by: { $0.start < $1.start }) + [(directory.range.lowerBound, 0, 0)] {
            if span.start < position {
                inspection.problem(.malformed, "has members that share bytes", at: span.start)
                return
            }
            if span.start - position > slack {
                let count = span.start - position
                inspection.problem(.malformed, "hides \(count) bytes between its members", at: position)
                return
            }
            (position, slack) = (span.end, span.slack)
        }
    }

    private func checkDuplicates(_ inspection: inout Inspection) {
        var names: Set<[UInt8]> = []
        for member in directory.members where !names.insert(member.name).inserted {
            inspection.problem(.malformed, "has two members called \(Printed.quoted(member.title))")
        }
    }
}

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
        var ends: [Span] = []
        for (index, member) in directory.members.enumerated() {
            checkName(member, &inspection)
            do throws(InspectionFault) {
                let start = try checkHeader(member, &inspection)
                contentStarts.append(start)
                // 64-bit sizes make the record behind the content longer.
                let slack = member.hasDescriptor ? 24 : 0
                let end = start + member.packedSize
                ends.append(Span(member: index, start: member.headerOffset, end: end, slack: slack))
            } catch {
                inspection.problem(error)
                contentStarts.append(nil)
            }
        }
        checkLayout(ends, &inspection)
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

    /// What a member takes, its header included, and how much of a record may stand behind it.
    private struct Span {
        var member: Int
        var start: Int
        var end: Int
        var slack: Int
    }

    /// Members lie one behind the other: they share no bytes, and nothing is hidden between them. Of those that share
    /// some, one is looked into: a small file would cost as much as a large one otherwise.
    private mutating func checkLayout(_ spans: [Span], _ inspection: inout Inspection) {
        var position = directory.prefix
        var slack = 0
        var gap: (start: Int, count: Int)?
        var shared: Int?
        for span in spans.sorted(by: { $0.start < $1.start }) {
            if span.start < position {
                shared = shared ?? span.start
                contentStarts[span.member] = nil
                continue
            }
            if span.start - position > slack { gap = gap ?? (position, span.start - position) }
            (position, slack) = (span.end, span.slack)
        }
        let rest = directory.range.lowerBound - position
        if rest > slack { gap = gap ?? (position, rest) }
        if let shared { inspection.problem(.malformed, "has members that share bytes", at: shared) }
        // Where a member could not be read, there are bytes that belong to it.
        if let gap, spans.count == directory.members.count {
            inspection.problem(.malformed, "hides \(gap.count) bytes between its members", at: gap.start)
        }
    }

    private func checkDuplicates(_ inspection: inout Inspection) {
        var names: Set<[UInt8]> = []
        for member in directory.members where !names.insert(member.name).inserted {
            inspection.problem(.malformed, "has two members called \(Printed.quoted(member.title))")
        }
    }
}

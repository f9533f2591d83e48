// SPDX-License-Identifier: Apache-2.0

/// One file of a zip as the central directory has it.
struct ZipMember {
    var name: [UInt8]
    var flags: Int
    var method: Int
    var checksum: UInt32
    var packedSize: Int
    var size: Int
    /// Of the local header, from the beginning of the file.
    var headerOffset: Int
    var unixMode: Int

    /// Not printable: see ``Printed``.
    var title: String { String(decoding: name, as: UTF8.self) }
    var isDirectory: Bool { name.last == UInt8(ascii: "/") }
    var isLink: Bool { unixMode & 0o170000 == 0o120000 }
    var isEncrypted: Bool { flags & 0x2041 != 0 }
    /// Sizes stand behind the content.
    var hasDescriptor: Bool { flags & 8 != 0 }
}

/// The central directory of a zip, as readers find it: from the end of the file.
struct ZipDirectory {
    private(set) var members: [ZipMember] = []
    /// Of the directory itself.
    private(set) var range: Range<Int>
    /// Bytes before the first of the zip's own: offsets count from behind them.
    private(set) var prefix: Int
    private(set) var commentLength: Int

    private static let endSize = 22
    private static let centralSize = 46

    private struct End {
        var position: Int
        var count: Int
        var size: Int
        var offset: Int
    }

    /// End records that are looked at; no writer makes two.
    private static let endLimit = 8

    /// Where the end records are, the last one first, as Python takes them: whether a comment ends with the file is not
    /// asked, since readers differ in it. None if the file is no zip.
    static func findEnds(_ bytes: WindowedBytes) throws(InspectionFault) -> [Int] {
        guard bytes.count >= endSize else { return [] }
        let length = min(bytes.count, endSize + 65_535)
        let start = bytes.count - length
        let tail = try bytes.bytes(at: start, count: length)
        var ends: [Int] = []
        for index in stride(from: length - endSize, through: 0, by: -1) where tail[index] == 0x50 {
            guard tail[index + 1] == 0x4B, tail[index + 2] == 5, tail[index + 3] == 6 else { continue }
            ends.append(start + index)
            if ends.count == endLimit { break }
        }
        return ends
    }

    /// Whether an end record leads to something that begins as a directory: its mark alone may stand there by chance.
    static func isPointed(to bytes: WindowedBytes, from end: Int) -> Bool {
        guard let size = try? bytes.number32(at: end + 12), let offset = try? bytes.number32(at: end + 16) else {
            return false
        }
        let isWide = end >= 20 && (try? bytes.number32(at: end - 20)) == 0x0706_4B50
        return isWide || [end - size, offset].contains { (try? bytes.number32(at: $0)) == 0x0201_4B50 }
    }

    init(_ bytes: WindowedBytes, end position: Int, limits: InspectionLimits) throws(InspectionFault) {
        let end = try Self.end(bytes, at: position)
        commentLength = try bytes.number16(at: position + 20)
        guard commentLength <= bytes.count - position - Self.endSize else {
            throw InspectionFault("has a comment that reaches beyond its end", at: position)
        }
        guard end.count <= limits.members else {
            throw InspectionFault("has \(end.count) members, more than \(limits.members)", at: position)
        }
        let start = end.position - end.size
        guard end.size >= 0, end.offset >= 0, start >= 0, end.offset <= start else {
            throw InspectionFault("has a zip directory that is not where it is said to be", at: position)
        }
        prefix = start - end.offset
        range = start..<end.position
        try readMembers(bytes, count: end.count)
    }

    /// - Returns: with the position of the first record behind the directory.
    private static func end(_ bytes: WindowedBytes, at position: Int) throws(InspectionFault) -> End {
        let disks = [try bytes.number16(at: position + 4), try bytes.number16(at: position + 6)]
        let counts = [try bytes.number16(at: position + 8), try bytes.number16(at: position + 10)]
        let size = try bytes.number32(at: position + 12)
        let offset = try bytes.number32(at: position + 16)
        if let wide = try wideEnd(bytes, before: position) {
            let narrow = (counts[1], size, offset)
            guard narrow.0 == 0xFFFF || narrow.0 == wide.count, narrow.1 == 0xFFFF_FFFF || narrow.1 == wide.size,
                narrow.2 == 0xFFFF_FFFF || narrow.2 == wide.offset
            else { throw InspectionFault("has two end records that contradict each other", at: position) }
            return wide
        }
        guard disks == [0, 0], counts[0] == counts[1] else {
            throw InspectionFault("is one part of a zip in several", at: position)
        }
        return End(position: position, count: counts[0], size: size, offset: offset)
    }

    private static func wideEnd(_ bytes: WindowedBytes, before position: Int) throws(InspectionFault) -> End? {
        let locator = position - 20
        guard locator >= 0, try bytes.number32(at: locator) == 0x0706_4B50 else { return nil }
        // A prefix shifts it, so it is looked for right before its locator, where all writers put it.
        let record = locator - 56
        guard record >= 0, try bytes.number32(at: record) == 0x0606_4B50 else {
            throw InspectionFault("has a zip64 end record that is not where it should be", at: locator)
        }
        guard let count = Int(exactly: try bytes.number64(at: record + 32)),
            let size = Int(exactly: try bytes.number64(at: record + 40)),
            let offset = Int(exactly: try bytes.number64(at: record + 48)), size <= record, offset <= record
        else { throw InspectionFault("has a damaged zip64 end record", at: record) }
        return End(position: record, count: count, size: size, offset: offset)
    }

    private mutating func readMembers(_ bytes: WindowedBytes, count: Int) throws(InspectionFault) {
        var position = range.lowerBound
        for _ in 0..<count {
            guard range.upperBound - position >= Self.centralSize, try bytes.number32(at: position) == 0x0201_4B50
            else { throw InspectionFault("has a damaged zip directory", at: position) }
            let nameLength = try bytes.number16(at: position + 28)
            let extraLength = try bytes.number16(at: position + 30)
            let length = Self.centralSize + nameLength + extraLength + (try bytes.number16(at: position + 32))
            guard length <= range.upperBound - position else {
                throw InspectionFault("has a damaged zip directory", at: position)
            }
            members.append(try member(bytes, at: position, nameLength: nameLength, extraLength: extraLength))
            position += length
        }
        guard position == range.upperBound else {
            throw InspectionFault("has a zip directory with more in it than its members", at: position)
        }
    }

    private func member(
        _ bytes: WindowedBytes,
        at position: Int,
        nameLength: Int,
        extraLength: Int
    ) throws(InspectionFault) -> ZipMember {
        let nameStart = position + Self.centralSize
        var extra = ZipExtra(try bytes.bytes(at: nameStart + nameLength, count: extraLength))
        let isUnix = try bytes.byte(at: position + 5) == 3
        let mode = isUnix ? try bytes.number16(at: position + 40) : 0
        let size = try extra.wide(try bytes.number32(at: position + 24), position)
        let packedSize = try extra.wide(try bytes.number32(at: position + 20), position)
        let offset = try extra.wide(try bytes.number32(at: position + 42), position)
        guard offset <= range.lowerBound - prefix else {
            throw InspectionFault("has a member that lies beyond its directory", at: position)
        }
        return ZipMember(
            name: try bytes.bytes(at: nameStart, count: nameLength),
            flags: try bytes.number16(at: position + 8),
            method: try bytes.number16(at: position + 10),
            checksum: UInt32(truncatingIfNeeded: try bytes.number32(at: position + 16)),
            packedSize: packedSize,
            size: size,
            headerOffset: prefix + offset,
            unixMode: mode
        )
    }
}

/// The 64-bit sizes of a member's extra field, in the order in which the 32-bit ones are all ones.
struct ZipExtra {
    private var wide: ArraySlice<UInt8> = []

    init(_ extra: [UInt8]) {
        var rest = extra[...]
        while rest.count >= 4 {
            let bytes = Array(rest.prefix(4))
            let (kind, length) = (Int(bytes[0]) | Int(bytes[1]) << 8, Int(bytes[2]) | Int(bytes[3]) << 8)
            rest = rest.dropFirst(4)
            if kind == 1, wide.isEmpty { wide = rest.prefix(length) }
            rest = rest.dropFirst(length)
        }
    }

    mutating func wide(_ narrow: Int, _ position: Int) throws(InspectionFault) -> Int {
        guard narrow == 0xFFFF_FFFF else { return narrow }
        guard wide.count >= 8 else { throw InspectionFault("has a member without its 64-bit size", at: position) }
        let number = wide.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        wide = wide.dropFirst(8)
        guard let result = Int(exactly: number) else {
            throw InspectionFault("has a member of impossible size", at: position)
        }
        return result
    }
}

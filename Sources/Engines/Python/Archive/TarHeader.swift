// SPDX-License-Identifier: Apache-2.0

/// Why an archive is refused, in words that follow "the archive".
struct ArchiveFault: Error, Equatable {
    var text: String

    init(_ text: String) { self.text = text }
}

/// The header of one entry of a tar archive: ustar of POSIX.1-1988, with what POSIX.1-2001 (pax) and GNU tar add for long
/// names and large files.
struct TarHeader: Equatable {
    enum Kind: Equatable {
        case file, directory, symbolicLink, hardLink
        /// Its content is the name, or the link, of the next entry (GNU).
        case longName, longLink
        /// Its content is records about the next entry, or about all that follow (pax).
        case extended, globalExtended
        /// A device, a FIFO, a part of a sparse file, something unknown.
        case other(UInt8)
    }

    static let byteCount = 512
    /// Of a size: no file has more, and sums of some cannot overflow.
    static let greatest = 1 << 53

    var kind: Kind
    var path: [UInt8]
    var link: [UInt8]
    var mode: UInt32
    /// Bytes of content that follow, not counting what fills its last block up.
    var size: Int

    /// - Parameter block: of ``byteCount`` bytes.
    /// - Returns: `nil` for a block of zeroes, of which two end an archive.
    init?(_ block: ArraySlice<UInt8>) throws(ArchiveFault) {
        precondition(block.count == Self.byteCount, "a header is one block")
        guard block.contains(where: { $0 != 0 }) else { return nil }
        func field(_ offset: Int, _ count: Int) -> ArraySlice<UInt8> {
            block.dropFirst(offset).prefix(count)
        }
        func text(_ offset: Int, _ count: Int) -> [UInt8] { Array(field(offset, count).prefix { $0 != 0 }) }
        guard let stated = Self.number(field(148, 8)) else { throw ArchiveFault("has a header without a checksum") }
        // The checksum's own bytes count as spaces.
        let own = field(148, 8).reduce(0) { $0 + Int($1) }
        guard block.reduce(0, { $0 + Int($1) }) - own + 8 * 0x20 == stated else {
            throw ArchiveFault("has a damaged header, or is no tar archive")
        }
        guard let size = Self.number(field(124, 12)) else { throw ArchiveFault("has an entry without a size") }
        self.size = size
        mode = UInt32(truncatingIfNeeded: Self.number(field(100, 8)) ?? 0)
        kind = Self.kind(block[block.startIndex + 156])
        link = text(157, 100)
        let name = text(0, 100)
        // GNU's magic is `ustar  `, and it has other things where POSIX has the prefix.
        let prefix = text(257, 6) == Array("ustar".utf8) ? text(345, 155) : []
        path = prefix.isEmpty ? name : prefix + [UInt8(ascii: "/")] + name
        switch kind {
        case .directory, .symbolicLink, .hardLink:
            // Some writers give the size of what a link leads to; nothing follows all the same.
            self.size = 0
        default: break
        }
    }

    private static func kind(_ flag: UInt8) -> Kind {
        switch flag {
        case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): .file
        case UInt8(ascii: "1"): .hardLink
        case UInt8(ascii: "2"): .symbolicLink
        case UInt8(ascii: "5"): .directory
        case UInt8(ascii: "L"): .longName
        case UInt8(ascii: "K"): .longLink
        case UInt8(ascii: "x"): .extended
        case UInt8(ascii: "g"): .globalExtended
        default: .other(flag)
        }
    }

    /// Octal digits between spaces and zeroes; or, with the highest bit set, a number in base 256 (GNU).
    /// - Returns: `nil` for what is neither, and for what no file can have.
    private static func number(_ field: ArraySlice<UInt8>) -> Int? {
        guard let first = field.first else { return nil }
        if first & 0x80 != 0 {
            var value = Int(first & 0x7F)
            for byte in field.dropFirst() {
                guard value <= greatest >> 8 else { return nil }
                value = value << 8 | Int(byte)
            }
            return value
        }
        let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0x20 && $0 != 0 }
        guard !digits.isEmpty else { return nil }
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit), value <= greatest >> 3 else { return nil }
            value = value << 3 | Int(digit - UInt8(ascii: "0"))
        }
        return value
    }
}

/// What pax records say of an entry.
struct TarExtension: Equatable {
    var path: [UInt8]?
    var link: [UInt8]?
    var size: Int?

    /// - Parameter records: each `length keyword=value` and a line break, where the length counts all of it.
    init(_ records: [UInt8]) throws(ArchiveFault) {
        let malformed = ArchiveFault("has a malformed extended header")
        var rest = records[...]
        while !rest.isEmpty {
            let digits = rest.prefix { $0 != 0x20 }
            guard digits.count <= 8, let length = Int(String(decoding: digits, as: UTF8.self)),
                length > digits.count + 2,
                length <= rest.count, rest[rest.startIndex + length - 1] == 0x0A
            else { throw malformed }
            let record = rest.prefix(length - 1).dropFirst(digits.count + 1)
            guard let equals = record.firstIndex(of: UInt8(ascii: "=")) else { throw malformed }
            let value = Array(record[(equals + 1)...])
            switch String(decoding: record[..<equals], as: UTF8.self) {
            case "path": path = value
            case "linkpath": link = value
            case "size":
                guard let number = Int(String(decoding: value, as: UTF8.self)),
                    (0...TarHeader.greatest).contains(number)
                else { throw malformed }
                size = number
            case let keyword where keyword.hasPrefix("GNU.sparse"): throw ArchiveFault("has a sparse file")
            default: break
            }
            rest = rest.dropFirst(length)
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

/// Where the bytes of an archive come from.
protocol ArchiveSource: AnyObject {
    /// Fills `buffer`.
    /// - Returns: how many bytes there were; fewer than it holds only at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ArchiveFault) -> Int
}

/// One entry as it is meant, long names and all.
struct TarEntry: Equatable {
    enum Kind: Equatable {
        case file, directory
        case symbolicLink(to: [UInt8])
        case hardLink(to: [UInt8])
    }

    var kind: Kind
    var path: [UInt8]
    var isExecutable: Bool
    var size: Int
}

/// Takes a tar archive apart, from its beginning to its end.
struct TarReader {
    /// Of names and extended headers, which are kept in memory.
    private static let textLimit = 64 << 10

    private let source: any ArchiveSource
    private var contentLeft = 0
    private var paddingLeft = 0

    init(_ source: any ArchiveSource) { self.source = source }

    /// Passes over what is left of the entry before.
    /// - Returns: `nil` at the end.
    mutating func next() throws(ArchiveFault) -> TarEntry? {
        try skipRest()
        var given = (path: [UInt8]?.none, link: [UInt8]?.none, size: Int?.none)
        while true {
            guard let block = try block(), var header = try TarHeader(block[...]) else { return nil }
            if case .other(let flag) = header.kind {
                let name = String(decoding: (given.path ?? header.path).prefix(200), as: UTF8.self)
                throw ArchiveFault("has '\(name)', which is no file, directory or link (type \(flag))")
            }
            if header.kind == .file || header.kind == .extended || header.kind == .longName || header.kind == .longLink
            {
                header.size = header.kind == .file ? given.size ?? header.size : header.size
            }
            begin(header.size)
            switch header.kind {
            case .longName: given.path = try text()
            case .longLink: given.link = try text()
            case .extended:
                let more = try TarExtension(try content())
                given = (more.path ?? given.path, more.link ?? given.link, more.size ?? given.size)
            case .globalExtended: _ = try content()
            case .file, .directory, .symbolicLink, .hardLink, .other:
                return try entry(header, path: given.path ?? header.path, link: given.link ?? header.link)
            }
            try skipRest()
        }
    }

    /// Some more of the content of the entry that came last.
    /// - Returns: how many bytes; 0 once there are no more.
    mutating func readContent(into buffer: UnsafeMutableRawBufferPointer) throws(ArchiveFault) -> Int {
        let wanted = min(contentLeft, buffer.count)
        guard wanted > 0 else { return 0 }
        guard try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])) == wanted else {
            throw Self.cutShort
        }
        contentLeft -= wanted
        return wanted
    }

    private static let cutShort = ArchiveFault("is cut short")

    private func entry(_ header: TarHeader, path: [UInt8], link: [UInt8]) throws(ArchiveFault) -> TarEntry {
        let kind: TarEntry.Kind
        switch header.kind {
        case .symbolicLink: kind = .symbolicLink(to: link)
        case .hardLink: kind = .hardLink(to: link)
        // Before there was a type for directories, a slash at the end told them.
        case .file where path.last == UInt8(ascii: "/") && header.size == 0: kind = .directory
        case .directory: kind = .directory
        default: kind = .file
        }
        return TarEntry(kind: kind, path: path, isExecutable: header.mode & 0o111 != 0, size: contentLeft)
    }

    private mutating func begin(_ size: Int) {
        contentLeft = size
        paddingLeft = (TarHeader.byteCount - size % TarHeader.byteCount) % TarHeader.byteCount
    }

    /// - Returns: `nil` where the source ends, as some writers leave the two blocks of zeroes out.
    private func block() throws(ArchiveFault) -> [UInt8]? {
        var block = [UInt8](repeating: 0, count: TarHeader.byteCount)
        let count = try Self.fill(&block, from: source)
        guard count > 0 else { return nil }
        guard count == block.count else { throw Self.cutShort }
        return block
    }

    private mutating func content() throws(ArchiveFault) -> [UInt8] {
        guard contentLeft <= Self.textLimit else {
            throw ArchiveFault("has a name or a header of \(contentLeft) bytes, more than \(Self.textLimit)")
        }
        var bytes = [UInt8](repeating: 0, count: contentLeft)
        guard try Self.fill(&bytes, from: source) == bytes.count else { throw Self.cutShort }
        contentLeft = 0
        return bytes
    }

    private mutating func text() throws(ArchiveFault) -> [UInt8] { Array(try content().prefix { $0 != 0 }) }

    private mutating func skipRest() throws(ArchiveFault) {
        var left = contentLeft + paddingLeft
        while left > 0 {
            var part = [UInt8](repeating: 0, count: min(left, Self.textLimit))
            guard try Self.fill(&part, from: source) == part.count else { throw Self.cutShort }
            left -= part.count
        }
        (contentLeft, paddingLeft) = (0, 0)
    }

    private static func fill(_ bytes: inout [UInt8], from source: any ArchiveSource) throws(ArchiveFault) -> Int {
        // The array's own way to lend its memory does not carry the type of an error through.
        let result = bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(ArchiveFault) in try source.read(into: buffer) }
        }
        return try result.get()
    }
}

// SPDX-License-Identifier: Apache-2.0

/// Reads a file in windows: any offset, in constant memory, fast where reading goes forward.
final class WindowedBytes {
    static let windowSize = 64 << 10

    let source: any ByteSource
    let count: Int
    private var window: [UInt8] = []
    private var start = 0

    init(_ source: any ByteSource) {
        self.source = source
        count = max(0, source.count)
    }

    /// - Throws: beyond the end.
    @inline(__always)
    func byte(at offset: Int) throws(InspectionFault) -> UInt8 {
        let index = offset &- start
        if index >= 0, index < window.count { return window[index] }
        try fill(at: offset)
        return window[0]
    }

    /// Exactly as many: the caller has bounded them.
    func bytes(at offset: Int, count wanted: Int) throws(InspectionFault) -> [UInt8] {
        guard wanted > 0 else { return [] }
        guard offset >= 0, offset <= count, wanted <= count - offset else { throw Self.short(offset) }
        let index = offset - start
        if index >= 0, index <= window.count, wanted <= window.count - index {
            return Array(window[index..<(index + wanted)])
        }
        if wanted <= Self.windowSize {
            try fill(at: offset)
            guard wanted <= window.count else { throw Self.short(offset) }
            return Array(window[..<wanted])
        }
        return try read(at: offset, count: wanted)
    }

    /// As many as there are, up to a number.
    func prefix(at offset: Int, count wanted: Int) throws(InspectionFault) -> [UInt8] {
        guard offset >= 0, offset < count, wanted > 0 else { return [] }
        return try bytes(at: offset, count: min(wanted, count - offset))
    }

    func number16(at offset: Int) throws(InspectionFault) -> Int { Int(try little(at: offset, bytes: 2)) }

    func number32(at offset: Int) throws(InspectionFault) -> Int { Int(try little(at: offset, bytes: 4)) }

    func number64(at offset: Int) throws(InspectionFault) -> UInt64 { try little(at: offset, bytes: 8) }

    /// - Parameter bytes: at most 8.
    func little(at offset: Int, bytes width: Int) throws(InspectionFault) -> UInt64 {
        guard offset >= 0, offset <= count, width <= count - offset else { throw Self.short(offset) }
        var result: UInt64 = 0
        for index in 0..<width { result |= UInt64(try byte(at: offset + index)) << UInt64(8 * index) }
        return result
    }

    /// A length that a file states: to be compared with what there is before anything is done with it.
    func length64(at offset: Int, from start: Int, _ what: String) throws(InspectionFault) -> Int {
        guard let length = Int(exactly: try number64(at: offset)), length <= count - start else {
            throw InspectionFault("states a length of \(what) beyond the end of the file", at: offset)
        }
        return length
    }

    private func fill(at offset: Int) throws(InspectionFault) {
        guard offset >= 0, offset < count else { throw Self.short(offset) }
        // What was unpacked in part gives fewer bytes than a window.
        let content = try read(at: offset, upTo: min(Self.windowSize, count - offset))
        guard !content.isEmpty else { throw Self.short(offset) }
        window = content
        start = offset
    }

    private func read(at offset: Int, count wanted: Int) throws(InspectionFault) -> [UInt8] {
        let content = try read(at: offset, upTo: wanted)
        guard content.count == wanted else { throw Self.short(offset) }
        return content
    }

    private func read(at offset: Int, upTo wanted: Int) throws(InspectionFault) -> [UInt8] {
        do throws(Unreadable) { return try source.read(at: offset, count: wanted) } catch {
            throw InspectionFault("cannot be read on: \(error.message)", at: offset)
        }
    }

    private static func short(_ offset: Int) -> InspectionFault {
        InspectionFault("ends before what it announces", at: max(0, offset))
    }
}

/// A part of a file, as if it were one.
struct SliceBytes: ByteSource {
    private let source: any ByteSource
    private let start: Int
    let count: Int

    /// - Precondition: the part lies within the source.
    init(_ source: any ByteSource, at start: Int, count: Int) {
        self.source = source
        self.start = start
        self.count = count
    }

    func read(at offset: Int, count wanted: Int) throws(Unreadable) -> [UInt8] {
        guard offset >= 0, offset < count, wanted > 0 else { return [] }
        return try source.read(at: start + offset, count: min(wanted, count - offset))
    }
}

/// The beginning of something that was unpacked, and its whole size: what lies behind the beginning cannot be read.
struct BeginningBytes: ByteSource {
    private let bytes: [UInt8]
    let count: Int

    init(_ bytes: [UInt8], of count: Int) {
        self.bytes = bytes
        self.count = max(bytes.count, count)
    }

    func read(at offset: Int, count wanted: Int) throws(Unreadable) -> [UInt8] {
        guard offset >= 0, offset < count, wanted > 0 else { return [] }
        let end = offset + min(wanted, count - offset)
        if end <= bytes.count { return Array(bytes[offset..<end]) }
        // A window is asked for ahead of need; it need not be full unless it is empty.
        guard offset < bytes.count else {
            throw Unreadable(Place(""), "it unpacks to more than the \(bytes.count) bytes that are looked at")
        }
        return Array(bytes[offset...])
    }
}

// SPDX-License-Identifier: Apache-2.0
package import NIOCore

/// A response as the load generator needs it: whether it came whole and what it said, read without a parser's cost.
package struct FramedResponse: Sendable {
    package var status: Int
    package var body: ByteBuffer
    package var closesConnection: Bool
}

/// Why bytes are no response that the load generator reads.
package enum FramingError: Error, Sendable, Equatable {
    case notHTTP, headTooLarge, noContentLength, badContentLength, bodyTooLarge
}

/// Cuts a stream of bytes into HTTP/1.1 responses that carry `Content-Length`.
///
/// It reads what a server under measurement answers and nothing else: no chunks, no `1xx`, no upgrade.
package struct ResponseReader: Sendable {
    package static let maximumHeadBytes = 64 << 10

    private struct Head {
        var status: Int
        var length: Int
        var closes: Bool
    }

    private let bodyLimit: Int
    private var head: Head?
    /// Bytes of an unfinished head that hold no end of it.
    private var searched = 0

    package init(bodyLimit: Int = 1 << 30) { self.bodyLimit = bodyLimit }

    /// Takes the next whole response off the front of `buffer`; `nil` until all of it is there.
    package mutating func next(in buffer: inout ByteBuffer) throws(FramingError) -> FramedResponse? {
        if head == nil { try takeHead(from: &buffer) }
        guard let current = head, let body = buffer.readSlice(length: current.length) else { return nil }
        head = nil
        return FramedResponse(status: current.status, body: body, closesConnection: current.closes)
    }

    private mutating func takeHead(from buffer: inout ByteBuffer) throws(FramingError) {
        let limit = bodyLimit
        let from = searched
        let found = try buffer.withUnsafeReadableBytes { bytes throws(FramingError) -> (length: Int, head: Head)? in
            guard let end = Self.endOfHead(in: bytes, from: from) else { return nil }
            return (end, try Self.read(UnsafeRawBufferPointer(rebasing: bytes[..<end]), bodyLimit: limit))
        }
        guard let found else {
            searched = max(0, buffer.readableBytes - 3)
            guard searched < Self.maximumHeadBytes else { throw .headTooLarge }
            return
        }
        buffer.moveReaderIndex(forwardBy: found.length)
        searched = 0
        head = found.head
    }

    private static func endOfHead(in bytes: UnsafeRawBufferPointer, from: Int) -> Int? {
        var index = from + 3
        while index < bytes.count {
            if bytes[index] == 0x0A, bytes[index - 1] == 0x0D, bytes[index - 2] == 0x0A, bytes[index - 3] == 0x0D {
                return index + 1
            }
            index += 1
        }
        return nil
    }

    private static func read(_ head: UnsafeRawBufferPointer, bodyLimit: Int) throws(FramingError) -> Head {
        guard head.count >= 16, head.starts(with: "HTTP/1.1 ".utf8), let status = number(head[9..<12]) else {
            throw .notHTTP
        }
        var length: Int?
        var closes = false
        var start = 12
        while let end = head[start...].firstIndex(of: 0x0A) {
            let line = head[start..<end]
            start = end + 1
            if let value = value(of: "content-length", in: line) {
                guard length == nil, let count = number(value) else { throw .badContentLength }
                length = count
            } else if let value = value(of: "connection", in: line) {
                closes = value.elementsEqual("close".utf8) { $0 | 0x20 == $1 }
            }
        }
        guard let length else { throw .noContentLength }
        guard length <= bodyLimit else { throw .bodyTooLarge }
        return Head(status: status, length: length, closes: closes)
    }

    /// The value of a header line if it has this name, which is given in lower case.
    private static func value(
        of name: StaticString,
        in line: Slice<UnsafeRawBufferPointer>
    ) -> Slice<UnsafeRawBufferPointer>? {
        let length = name.utf8CodeUnitCount
        guard line.count > length, line[line.startIndex + length] == UInt8(ascii: ":") else { return nil }
        let matches = name.withUTF8Buffer { wanted in
            line.prefix(length).elementsEqual(wanted) { $0 | 0x20 == $1 || $0 == $1 }
        }
        guard matches else { return nil }
        var value = line.dropFirst(length + 1)
        while let first = value.first, first == 0x20 || first == 0x09 { value = value.dropFirst() }
        while let last = value.last, last <= 0x20 { value = value.dropLast() }
        return value
    }

    private static func number(_ digits: Slice<UnsafeRawBufferPointer>) -> Int? {
        guard !digits.isEmpty, digits.count <= 18 else { return nil }
        var number = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            number = number * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return number
    }
}

// SPDX-License-Identifier: Apache-2.0
package import Inference
package import Transport

/// The head of an ordinary infer request, read from its bytes without the HTTP parser.
///
/// Takes only what every HTTP/1.1 parser reads in the same way: `POST`, a path of plain characters, `HTTP/1.1`, lines
/// that end in CR LF, headers out of ``InferHeader`` that stand once, one Content-Length of digits, no
/// Transfer-Encoding. Whatever else it meets, valid or not, is for the parser to judge. A differential test holds it to
/// never taking a head that the parser refuses or reads in another way.
package struct HotHead: Sendable, Equatable {
    package let path: ModelPath
    package let request: InferRequestHead
    package let contentLength: Int
    /// The head's own bytes: the body begins behind them.
    package let byteCount: Int

    /// - Parameters:
    ///   - bytes: what has arrived, from the first byte of a message on.
    ///   - limits: those that the parser is given; a head that comes near one is left to it.
    ///   - hosts: the names that the server answers to.
    /// - Returns: `nil` unless the whole head is there and is ordinary.
    package init?(_ bytes: UnsafeRawBufferPointer, limits: ConnectionLimits, hosts: HostPolicy = .any) {
        var cursor = HeadCursor(bytes, limit: min(limits.headerFieldBytes, limits.headerListBytes))
        guard cursor.take("POST "), let target = cursor.takePath(), cursor.take(" HTTP/1.1\r\n"),
            case .model(let path, .infer)? = RouteTable.match(path: target)
        else { return nil }
        var fields = HotFields()
        while !cursor.take("\r\n") {
            guard fields.count < limits.headerCount, let field = cursor.takeField(), fields.take(field, hosts) else {
                return nil
            }
        }
        guard let contentLength = fields.contentLength, RequestFault(fields.request, isHTTP10: false) == nil else {
            return nil
        }
        self.path = path
        self.contentLength = contentLength
        request = fields.request
        byteCount = cursor.offset
    }
}

/// What has been read of a head's fields.
private struct HotFields {
    /// Fifteen digits cannot overflow, and no body is longer.
    private static let contentLengthDigits = 15

    private(set) var request = InferRequestHead()
    private(set) var contentLength: Int?
    private(set) var count = 0
    private var seen: UInt32 = 0

    /// `false` if the field makes the request one that is not ordinary.
    mutating func take(_ field: HeadCursor.Field, _ hosts: HostPolicy) -> Bool {
        guard let header = InferHeader(field.name), seen & (1 << UInt32(header.rawValue)) == 0 else { return false }
        seen |= 1 << UInt32(header.rawValue)
        count += 1
        switch header {
        case .expect, .contentEncoding, .transferEncoding: return false
        case .connection: return field.value.isSameText(as: "keep-alive")
        case .host:
            request.takeHost()
            return hosts.allows(field.value)
        case .accept, .userAgent, .traceState, .contentType: return true
        case .contentLength:
            contentLength = Self.number(field.value)
            guard contentLength != nil else { return false }
        case .apiKey, .traceParent, .requestID, .authorization, .acceptEncoding, .inferenceHeaderLength,
            .forwardedFor:
            break
        }
        request.take(header, String(decoding: field.value, as: UTF8.self))
        return true
    }

    private static func number(_ digits: UnsafeRawBufferPointer) -> Int? {
        guard (1...contentLengthDigits).contains(digits.count) else { return nil }
        guard digits.count == 1 || digits[0] != UInt8(ascii: "0") else { return nil }
        var number = 0
        for byte in digits {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return number
    }
}

// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOHTTP1

/// What the infer path wants to know of a request's headers, gathered in one pass over them.
package struct InferRequestHead: Sendable {
    /// Longer values are not echoed.
    package static let echoLimit = 256

    /// Absent for a chunked upload.
    package var contentLength: Int? = 0
    package var inferenceHeaderLengthText: String?
    /// `nil` if it is none that is known, or more than one.
    package var contentEncoding: ContentCoding? = .identity
    package var acceptEncoding: String?
    package var expectsContinue = false
    package var credential: String?
    package var requestID: String?
    package var traceParent: String?

    package init(_ headers: HTTPHeaders) {
        for (name, value) in headers { take(name, value) }
    }

    /// - Throws: `.invalidArgument` if the header is there and no number.
    package func inferenceHeaderLength() throws(ServingError) -> Int? {
        guard let text = inferenceHeaderLengthText else { return nil }
        guard let length = Int(text) else {
            throw ServingError(
                .invalidArgument,
                "Unable to parse Inference-Header-Content-Length, got: \(text.prefix(64))"
            )
        }
        return length
    }

    private mutating func take(_ name: String, _ value: String) {
        switch name.utf8.count {
        case 6 where name.isSameHeader("expect"):
            expectsContinue = expectsContinue || value.isSameHeader("100-continue")
        case 9 where name.isSameHeader("x-api-key"):
            credential = credential ?? value
        case 11 where name.isSameHeader("traceparent"):
            traceParent = Self.isEchoable(value) ? value : nil
        case 12 where name.isSameHeader("x-request-id"):
            requestID = Self.isEchoable(value) ? value : nil
        case 13 where name.isSameHeader("authorization"):
            credential = value
        case 14 where name.isSameHeader("content-length"):
            if contentLength != nil { contentLength = Int(value) ?? 0 }
        case 15 where name.isSameHeader("accept-encoding"):
            acceptEncoding = acceptEncoding.map { $0 + "," + value } ?? value
        case 16 where name.isSameHeader("content-encoding"):
            contentEncoding = contentEncoding == .identity ? ContentCoding(contentEncoding: value) : nil
        case 17 where name.isSameHeader("transfer-encoding"):
            contentLength = nil
        case 31 where name.isSameHeader("inference-header-content-length"):
            inferenceHeaderLengthText = value
        default:
            break
        }
    }

    package static func isEchoable(_ value: String) -> Bool {
        value.utf8.count <= echoLimit && value.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f }
    }
}

extension String {
    /// Whether `self` is `lowercase` but for the case of ASCII letters.
    fileprivate func isSameHeader(_ lowercase: StaticString) -> Bool {
        var own = self
        return own.withUTF8 { bytes in
            lowercase.withUTF8Buffer { other in
                guard bytes.count == other.count else { return false }
                for index in 0..<other.count {
                    let byte = bytes[index]
                    let lowered = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
                    if lowered != other[index] { return false }
                }
                return true
            }
        }
    }
}

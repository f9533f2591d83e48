// SPDX-License-Identifier: Apache-2.0

/// The headers that an ordinary infer request brings, and those that the infer path looks for.
package enum InferHeader: UInt8, Sendable {
    // What the infer path wants to know.
    case expect, apiKey, traceParent, requestID, authorization, contentLength, acceptEncoding, contentEncoding
    case transferEncoding, inferenceHeaderLength, forwardedFor
    // What means nothing to it.
    case host, accept, connection, userAgent, traceState, contentType

    /// - Parameter name: a header's name; the case of its ASCII letters does not matter.
    package init?(_ name: UnsafeRawBufferPointer) {
        switch name.count {
        case 4 where name.isSameText(as: "host"): self = .host
        case 6 where name.isSameText(as: "accept"): self = .accept
        case 6 where name.isSameText(as: "expect"): self = .expect
        case 9 where name.isSameText(as: "x-api-key"): self = .apiKey
        case 10 where name.isSameText(as: "connection"): self = .connection
        case 10 where name.isSameText(as: "user-agent"): self = .userAgent
        case 10 where name.isSameText(as: "tracestate"): self = .traceState
        case 11 where name.isSameText(as: "traceparent"): self = .traceParent
        case 12 where name.isSameText(as: "content-type"): self = .contentType
        case 12 where name.isSameText(as: "x-request-id"): self = .requestID
        case 13 where name.isSameText(as: "authorization"): self = .authorization
        case 14 where name.isSameText(as: "content-length"): self = .contentLength
        case 15 where name.isSameText(as: "accept-encoding"): self = .acceptEncoding
        case 15 where name.isSameText(as: "x-forwarded-for"): self = .forwardedFor
        case 16 where name.isSameText(as: "content-encoding"): self = .contentEncoding
        case 17 where name.isSameText(as: "transfer-encoding"): self = .transferEncoding
        case 31 where name.isSameText(as: "inference-header-content-length"): self = .inferenceHeaderLength
        default: return nil
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether these bytes are `lowercase` but for the case of ASCII letters.
    package func isSameText(as lowercase: StaticString) -> Bool {
        lowercase.withUTF8Buffer { other in
            guard count == other.count else { return false }
            for index in 0..<other.count {
                let byte = self[index]
                let lowered = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
                if lowered != other[index] { return false }
            }
            return true
        }
    }
}

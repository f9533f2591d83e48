// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOHTTP1
package import Transport

/// What the infer path wants to know of a request's headers, gathered in one pass over them.
package struct InferRequestHead: Sendable, Equatable {
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
    /// Headers that become parameters of the request.
    package var forwarded: [Parameter] = []

    package init(_ headers: HTTPHeaders) {
        for (name, value) in headers {
            if let header = InferHeader(named: name) { take(header, value) }
        }
    }

    /// No header yet.
    package init() {}

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

    /// One header more.
    package mutating func take(_ header: InferHeader, _ value: String) {
        switch header {
        case .expect: expectsContinue = expectsContinue || value.isSameText(as: "100-continue")
        case .apiKey: credential = credential ?? value
        case .traceParent: traceParent = Self.isEchoable(value) ? value : nil
        case .requestID: requestID = Self.isEchoable(value) ? value : nil
        case .authorization: credential = value
        case .contentLength: if contentLength != nil { contentLength = Int(value) ?? 0 }
        case .acceptEncoding: acceptEncoding = acceptEncoding.map { $0 + "," + value } ?? value
        case .contentEncoding:
            contentEncoding = contentEncoding == .identity ? ContentCoding(contentEncoding: value) : nil
        case .transferEncoding: contentLength = nil
        case .inferenceHeaderLength: inferenceHeaderLengthText = value
        case .host, .accept, .connection, .userAgent, .traceState, .contentType: break
        }
    }

    package static func isEchoable(_ value: String) -> Bool {
        value.utf8.count <= echoLimit && value.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f }
    }
}

extension InferHeader {
    fileprivate init?(named name: String) {
        var name = name
        guard let header = name.withUTF8({ InferHeader(UnsafeRawBufferPointer($0)) }) else { return nil }
        self = header
    }
}

extension String {
    fileprivate func isSameText(as lowercase: StaticString) -> Bool {
        var own = self
        return own.withUTF8 { UnsafeRawBufferPointer($0).isSameText(as: lowercase) }
    }
}

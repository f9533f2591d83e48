// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOHTTP1
package import Transport

/// What the infer path wants to know of a request's headers, gathered in one pass over them.
///
/// An `X-Request-Id` that cannot be echoed is refused (``RequestFault``), since its sender will look for it; a
/// `traceparent` that cannot be is passed over, as its specification has it.
package struct InferRequestHead: Sendable, Equatable {
    /// Bytes of a value that is echoed, all of which are visible ASCII or spaces.
    package static let echoLimit = 256

    /// Absent for a chunked upload.
    package var contentLength: Int? = 0
    package var inferenceHeaderLengthText: String?
    /// `nil` if it is none that is known, or more than one.
    package var contentEncoding: ContentCoding? = .identity
    /// What stands in `Content-Encoding` if that is not known, fit to be shown.
    package private(set) var refusedEncoding: String?
    /// What stands in `Transfer-Encoding` unless that is `chunked`, once; fit to be shown.
    package private(set) var refusedTransferCoding: String?
    /// Any but `100-continue`, fit to be shown.
    package private(set) var refusedExpectation: String?
    package private(set) var hosts = 0
    package private(set) var hasRefusedID = false
    package var acceptEncoding: String?
    package var expectsContinue = false
    package var credentials = Credentials()
    /// What proxies say of where the request came from; the values of several headers in one list.
    package var forwardedFor: String?
    package var requestID: String?
    package var traceParent: String?
    /// What a page of another site may read of the answer.
    package var crossOrigin: CORSGrant?
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

    /// A length that no number here can hold is larger than any that is allowed.
    private static func beyond(_ value: String) -> Int {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        return !value.isEmpty && value.utf8.allSatisfy { digits.contains($0) } ? .max : 0
    }

    /// One `Host` more; its value is not for this.
    package mutating func takeHost() { hosts += 1 }

    /// One header more.
    package mutating func take(_ header: InferHeader, _ value: String) {
        switch header {
        case .expect:
            if value.isSameText(as: "100-continue") {
                expectsContinue = true
            } else if !value.allSatisfy({ $0 == " " }) {
                // Nothing at all, as some clients send it, asks for nothing.
                refusedExpectation = Self.shown(value)
            }
        case .apiKey: credentials.takeAPIKey(value)
        case .forwardedFor: forwardedFor = forwardedFor.map { $0 + "," + value } ?? value
        case .traceParent: traceParent = Self.isEchoable(value) ? value : nil
        case .requestID:
            requestID = Self.isEchoable(value) ? value : nil
            hasRefusedID = hasRefusedID || requestID == nil
        case .authorization: credentials.takeAuthorization(value)
        case .contentLength: if contentLength != nil { contentLength = Int(value) ?? Self.beyond(value) }
        case .acceptEncoding: acceptEncoding = acceptEncoding.map { $0 + "," + value } ?? value
        case .contentEncoding: takeEncoding(value)
        case .transferEncoding: takeTransferCoding(value)
        case .inferenceHeaderLength: inferenceHeaderLengthText = value
        case .host: takeHost()
        case .accept, .connection, .userAgent, .traceState, .contentType: break
        }
    }

    private mutating func takeEncoding(_ value: String) {
        let before = contentEncoding
        contentEncoding = before == .identity ? ContentCoding(contentEncoding: value) : nil
        guard contentEncoding == nil else { return }
        let others = refusedEncoding ?? before.flatMap { $0 == .identity ? nil : $0.rawValue }
        refusedEncoding = Self.shown(others.map { $0 + ", " + value } ?? value)
    }

    private mutating func takeTransferCoding(_ text: String) {
        // The parser leaves the blanks behind a value to whoever reads it.
        var value = text
        while value.utf8.last == UInt8(ascii: " ") || value.utf8.last == UInt8(ascii: "\t") { value.removeLast() }
        let isSecond = contentLength == nil
        contentLength = nil
        guard isSecond || !value.isSameText(as: "chunked") else { return }
        refusedTransferCoding = Self.shown((isSecond ? (refusedTransferCoding ?? "chunked") + ", " : "") + value)
    }

    /// The beginning of a client's text, without what could make a reader see something else.
    private static func shown(_ text: String) -> String {
        let limit = 64
        var shown = ""
        for scalar in text.unicodeScalars.prefix(limit) {
            let isPlain = scalar.value >= 0x20 && scalar.value < 0x7f
            shown.unicodeScalars.append(isPlain ? scalar : "\u{FFFD}")
        }
        return text.unicodeScalars.dropFirst(limit).isEmpty ? shown : shown + "…"
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

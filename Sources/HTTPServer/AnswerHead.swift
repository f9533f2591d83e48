// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOCore
package import NIOHTTP1
package import Transport

/// The head of a hot answer, printed straight into bytes.
package struct AnswerHead {
    package enum Connection { case keepAlive, keepAliveHTTP10, close }

    package var status: HTTPResponseStatus
    package var contentLength: Int
    package var inferenceHeaderLength: Int?
    package var contentEncoding: ContentCoding?
    /// Tells a client whose encoding was refused what is understood.
    package var namesAcceptedEncodings = false
    package var connection = Connection.keepAlive
    /// What an error has to say besides; names and values are the server's own.
    package var fields: [AnswerField] = []
    /// Set for a stream of server-sent events, which has no length.
    package var eventStream: EventStream?

    package enum EventStream { case chunked, untilClose }

    package init(status: HTTPResponseStatus, contentLength: Int) {
        self.status = status
        self.contentLength = contentLength
    }

    package func write(echoing request: InferRequestHead?, into buffer: inout ByteBuffer) {
        if status == .ok {
            buffer.writeStaticString("HTTP/1.1 200 OK\r\n")
        } else {
            // An error may repeat what a client sent; an ordinary answer does without the bytes.
            buffer.writeString("HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\nX-Content-Type-Options: nosniff\r\n")
        }
        if let eventStream {
            writeFields(of: eventStream, into: &buffer)
        } else {
            writeLength(into: &buffer)
        }
        if let contentEncoding {
            buffer.writeStaticString("Content-Encoding: ")
            buffer.writeString(contentEncoding.rawValue)
            buffer.writeStaticString("\r\n")
        }
        if namesAcceptedEncodings { buffer.writeStaticString("Accept-Encoding: gzip, deflate\r\n") }
        for field in fields { buffer.writeString("\(field.name): \(field.value)\r\n") }
        if let request { writeEcho(of: request, into: &buffer) }
        switch connection {
        case .keepAlive: buffer.writeStaticString("\r\n")
        case .keepAliveHTTP10: buffer.writeStaticString("Connection: keep-alive\r\n\r\n")
        case .close: buffer.writeStaticString("Connection: close\r\n\r\n")
        }
    }

    /// The same head for HTTP/2, read back from what is printed for HTTP/1, so that the two have the same fields.
    func response(echoing request: InferRequestHead?) -> HTTPResponseHead {
        var printed = ByteBuffer()
        write(echoing: request, into: &printed)
        var headers = HTTPHeaders()
        for line in String(buffer: printed).split(separator: "\r\n").dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers.add(name: String(line[..<colon]), value: String(line[colon...].dropFirst(2)))
        }
        return HTTPResponseHead(version: .http1_1, status: status, headers: headers)
    }

    private func writeFields(of eventStream: EventStream, into buffer: inout ByteBuffer) {
        buffer.writeStaticString("Content-Type: text/event-stream; charset=utf-8\r\n")
        if eventStream == .chunked { buffer.writeStaticString("Transfer-Encoding: chunked\r\n") }
    }

    private func writeLength(into buffer: inout ByteBuffer) {
        if let inferenceHeaderLength {
            buffer.writeStaticString("Content-Type: application/octet-stream\r\nInference-Header-Content-Length: ")
            buffer.writeDecimal(inferenceHeaderLength)
            buffer.writeStaticString("\r\nContent-Length: ")
        } else {
            buffer.writeStaticString("Content-Type: application/json\r\nContent-Length: ")
        }
        buffer.writeDecimal(contentLength)
        buffer.writeStaticString("\r\n")
    }

    private func writeEcho(of request: InferRequestHead, into buffer: inout ByteBuffer) {
        for field in request.crossOrigin?.fields ?? [] { buffer.writeString("\(field.name): \(field.value)\r\n") }
        if let id = request.requestID {
            buffer.writeStaticString("X-Request-Id: ")
            buffer.writeString(id)
            buffer.writeStaticString("\r\n")
        }
        if let traceParent = request.traceParent {
            buffer.writeStaticString("traceparent: ")
            buffer.writeString(traceParent)
            buffer.writeStaticString("\r\n")
        }
    }
}

extension ByteBuffer {
    /// Digits without the `String` in between.
    fileprivate mutating func writeDecimal(_ number: Int) {
        precondition(number >= 0, "a length cannot be negative")
        var digits: InlineArray<20, UInt8> = InlineArray(repeating: 0)
        var rest = number
        var index = digits.count
        repeat {
            index -= 1
            digits[index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        } while rest > 0
        for position in index..<digits.count { writeInteger(digits[position]) }
    }
}

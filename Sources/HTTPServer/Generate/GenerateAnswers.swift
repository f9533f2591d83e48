// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOCore
package import NIOHTTP1

/// What is written of the answers to one generate request, and with which status. Pure: events in, bytes out.
package struct GenerateAnswers {
    package enum Kind: Sendable {
        /// `/generate`: one JSON object, when the model is done.
        case single
        /// `/generate_stream`: a server-sent event for each answer, as they come.
        case stream
    }

    package static let notOneResponse =
        "generate expects model to produce exactly 1 response, use generate stream for model that generates various "
        + "number of responses"

    package let kind: Kind
    /// That of the first answer; `nil` until there is one.
    package private(set) var status: HTTPResponseStatus?
    private let writer: GenerateResponseWriter
    private var count = 0
    private var waiting = ByteBuffer()

    package init(_ kind: Kind, writer: GenerateResponseWriter) {
        self.kind = kind
        self.writer = writer
    }

    package var waitingBytes: Int { waiting.readableBytes }

    package mutating func responded(_ response: InferenceResponse) {
        count += 1
        // A second answer to a single request makes the first one void, and none of them is worth printing.
        if kind == .single, count > 1 { return }
        let start = waiting.writerIndex
        do throws(ServingError) {
            if kind == .stream { waiting.writeStaticString("data: ") }
            try writer.write(response, into: &waiting)
            if kind == .stream { waiting.writeStaticString("\n\n") }
            status = status ?? .ok
        } catch {
            waiting.moveWriterIndex(to: start)
            write(error)
        }
    }

    package mutating func failed(_ error: ServingError) {
        count += 1
        if kind == .single, count > 1 { return }
        write(error)
    }

    package mutating func ended() {
        status = status ?? .ok
        guard kind == .single, count != 1 else { return }
        waiting = ControlDocuments.error(Self.notOneResponse)
    }

    /// What has come since the last time.
    package mutating func takeWaiting() -> ByteBuffer {
        var taken = ByteBuffer()
        swap(&taken, &waiting)
        return taken
    }

    private mutating func write(_ error: ServingError) {
        status = status ?? HTTPResponseStatus(statusCode: error.code.httpStatus)
        if kind == .stream { waiting.writeStaticString("data: ") }
        waiting.writeImmutableBuffer(ControlDocuments.error(error.message))
        if kind == .stream { waiting.writeStaticString("\n\n") }
    }
}

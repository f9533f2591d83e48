// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOCore
import NIOHTTP1
import Transport

/// Putting answers into bytes. Whoever calls flushes.
extension InferHandler {
    /// A body up to this size is copied behind its head: one write costs less than two.
    private static let joinLimit = 16 << 10
    /// A larger buffer is not kept for the next answer.
    private static let keptCapacity = 64 << 10

    /// Writes a short answer in memory that is kept from one to the next.
    func written(_ writing: AnswerWriting) -> Result<AnswerWriting.Outcome, ServingError> {
        answerBody.clear()
        var body = ByteBuffer()
        swap(&body, &answerBody)
        do throws(ServingError) { return .success(try writing.run(into: body)) } catch { return .failure(error) }
    }

    func respond(_ answer: AnswerWriting.Outcome, to exchange: InferExchange) throws(ServingError) {
        defer { keep(answer.body) }
        try charge(answer: answer.body.readableBytes, to: exchange)
        var head = AnswerHead(status: .ok, contentLength: 0)
        head.inferenceHeaderLength = answer.inferenceHeaderLength
        head.contentEncoding = answer.coding
        write(head, body: answer.body, for: exchange.head, isHTTP10: exchange.isHTTP10)
    }

    /// A large answer may wait for its client for long: the server must have room for it.
    private func charge(answer bytes: Int, to exchange: InferExchange) throws(ServingError) {
        let added = bytes - exchange.permit.reservedBytes
        guard bytes > Self.keptCapacity, added > 0 else { return }
        try exchange.reserve(added)
    }

    func respond(_ error: ServingError, request: InferRequestHead, isHTTP10: Bool) {
        respond(
            HTTPResponseStatus(statusCode: error.code.httpStatus),
            error.message,
            request: request,
            isHTTP10: isHTTP10,
            fields: error.fields
        )
    }

    func respond(
        _ status: HTTPResponseStatus,
        _ message: String,
        request: InferRequestHead,
        isHTTP10: Bool,
        fields: [AnswerField] = []
    ) {
        var head = AnswerHead(status: status, contentLength: 0)
        head.fields = fields
        head.namesAcceptedEncodings = request.contentEncoding == nil
        write(head, body: ControlDocuments.error(message), for: request, isHTTP10: isHTTP10)
    }

    func write(_ head: AnswerHead, body: ByteBuffer, for request: InferRequestHead, isHTTP10: Bool) {
        var head = head
        head.connection = connection.answersAreLast ? .close : isHTTP10 ? .keepAliveHTTP10 : .keepAlive
        write(head, body: body, echoing: request)
    }

    func write(_ head: AnswerHead, body: ByteBuffer, echoing request: InferRequestHead?) {
        guard let context else { return }
        var head = head
        head.contentLength = body.readableBytes
        lastAnswer = Answer(status: Int(head.status.code), bytes: body.readableBytes)
        if stream != nil {
            writePart(.head(head.response(echoing: request)))
            if body.readableBytes > 0 { writePart(.body(.byteBuffer(body))) }
            return writePart(.end(nil))
        }
        var bytes = ByteBuffer()
        swap(&bytes, &answerHead)
        bytes.clear()
        head.write(echoing: request, into: &bytes)
        if body.readableBytes <= Self.joinLimit {
            bytes.writeImmutableBuffer(body)
            context.write(wrapOutboundOut(.byteBuffer(bytes)), promise: nil)
        } else {
            context.write(wrapOutboundOut(.byteBuffer(bytes)), promise: nil)
            context.write(wrapOutboundOut(.byteBuffer(body)), promise: nil)
        }
        answerHead = bytes
    }

    /// In the words of a stream of HTTP/2.
    func writePart(_ part: HTTPServerResponsePart, promise: EventLoopPromise<Void>? = nil) {
        context?.write(NIOAny(part), promise: promise)
    }

    func writeContinue() {
        guard let context else { return }
        if stream != nil {
            writePart(.head(HTTPResponseHead(version: .http1_1, status: .continue)))
            return context.flush()
        }
        context.writeAndFlush(
            wrapOutboundOut(.byteBuffer(ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n"))),
            promise: nil
        )
    }

    private func keep(_ buffer: ByteBuffer) {
        if buffer.capacity <= Self.keptCapacity { answerBody = buffer }
    }
}

// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOCore
import NIOHTTP1

/// Writing the answers of a generate request. Those that come in one turn of the event loop leave in one chunk.
extension InferHandler {
    private static let joinLimit = 16 << 10
    private static let checkInterval = TimeAmount.milliseconds(500)

    func generated(_ exchange: InferExchange, _ generation: Generation, isEnd: Bool) {
        guard self.exchange === exchange, connection.state == .submitted else {
            if isEnd { exchange.answerSent() }
            return
        }
        // A credential that has ended ends what it was shown for: nothing more is sent, and the client is cut off.
        guard shared.gate.isValid(exchange.permit) else { return close() }
        guard isEnd else { return scheduleFlush(exchange, generation) }
        if generation.kind == .stream {
            writeStream(exchange, generation, isEnd: true)
        } else if let status = generation.answers?.status, let body = generation.answers?.takeWaiting() {
            write(
                AnswerHead(status: status, contentLength: 0),
                body: body,
                for: exchange.head,
                isHTTP10: exchange.isHTTP10
            )
        }
        self.exchange = nil
        let bytes = generation.kind == .stream ? generation.sentBytes : lastAnswer.bytes
        exchange.conclude(Answer(status: lastAnswer.status, bytes: bytes))
        afterAnswer(remaining: 0)
        tellWhenSent(exchange)
    }

    /// A stream may be silent for long, and a credential that has ended is to end it within a second.
    func watchCredential(of exchange: InferExchange) {
        guard let context, exchange.permit.visit != nil else { return }
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.checkInterval) { [weak self] in
            guard let self, self.exchange === exchange, connection.state == .submitted else { return }
            guard shared.gate.isValid(exchange.permit) else { return close() }
            watchCredential(of: exchange)
        }
    }

    /// What the client leaves unread is charged, and stays so until the end: it is bounded, and it may come again.
    private func chargeBacklog(_ exchange: InferExchange, _ generation: Generation) {
        guard let context, !context.channel.isWritable else { return }
        let added = generation.backlog.waitingBytes - exchange.permit.reservedBytes
        guard added > 0 else { return }
        do throws(ServingError) {
            try exchange.reserve(added)
        } catch {
            close()
        }
    }

    private func scheduleFlush(_ exchange: InferExchange, _ generation: Generation) {
        guard !generation.isFlushScheduled, let context else { return }
        generation.isFlushScheduled = true
        context.eventLoop.execute { exchange.turnEnded() }
    }

    func flushStream(_ exchange: InferExchange, _ generation: Generation) {
        generation.isFlushScheduled = false
        guard self.exchange === exchange, connection.state == .submitted else { return }
        writeStream(exchange, generation, isEnd: false)
    }

    private func writeStream(_ exchange: InferExchange, _ generation: Generation, isEnd: Bool) {
        guard let context, let status = generation.answers?.status, let body = generation.answers?.takeWaiting() else {
            return
        }
        if stream != nil { return writeStreamParts(exchange, generation, status: status, body: body, isEnd: isEnd) }
        let isChunked = !exchange.isHTTP10
        var bytes = ByteBuffer()
        if !generation.hasBegun {
            generation.hasBegun = true
            // Where there are no chunks, the end of the connection is the end of the answer.
            if !isChunked { connection.answerEndsConnection() }
            var head = AnswerHead(status: status, contentLength: 0)
            head.eventStream = isChunked ? .chunked : .untilClose
            head.connection = connection.answersAreLast ? .close : .keepAlive
            head.write(echoing: exchange.head, into: &bytes)
            lastAnswer.status = Int(status.code)
        }
        let count = body.readableBytes
        if isChunked, count > 0 {
            bytes.writeString(String(count, radix: 16))
            bytes.writeStaticString("\r\n")
        }
        if count <= Self.joinLimit {
            bytes.writeImmutableBuffer(body)
        } else {
            context.write(wrapOutboundOut(.byteBuffer(bytes)), promise: nil)
            context.write(wrapOutboundOut(.byteBuffer(body)), promise: nil)
            bytes = ByteBuffer()
        }
        if isChunked, count > 0 { bytes.writeStaticString("\r\n") }
        if isChunked, isEnd { bytes.writeStaticString("0\r\n\r\n") }
        let promise = context.eventLoop.makePromise(of: Void.self)
        let backlog = generation.backlog
        generation.sentBytes += count
        promise.futureResult.whenComplete { _ in backlog.sent(count) }
        context.writeAndFlush(wrapOutboundOut(.byteBuffer(bytes)), promise: promise)
        chargeBacklog(exchange, generation)
    }

    private func writeStreamParts(
        _ exchange: InferExchange,
        _ generation: Generation,
        status: HTTPResponseStatus,
        body: ByteBuffer,
        isEnd: Bool
    ) {
        guard let context else { return }
        if !generation.hasBegun {
            generation.hasBegun = true
            var head = AnswerHead(status: status, contentLength: 0)
            head.eventStream = .chunked
            lastAnswer.status = Int(status.code)
            writePart(.head(head.response(echoing: exchange.head)))
        }
        let count = body.readableBytes
        if count > 0 {
            let promise = context.eventLoop.makePromise(of: Void.self)
            let backlog = generation.backlog
            generation.sentBytes += count
            promise.futureResult.whenComplete { _ in backlog.sent(count) }
            writePart(.body(.byteBuffer(body)), promise: promise)
        }
        if isEnd { writePart(.end(nil)) }
        context.flush()
        chargeBacklog(exchange, generation)
    }
}

// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOCore
import Transport

/// What would keep the event loop from its other connections is done on a thread of its own.
extension InferHandler {
    /// Does `work` elsewhere, as soon as it is the caller's turn, and comes back with what came of it, unless the
    /// connection has done with the exchange. What has waited in vain is not begun.
    private func doElsewhere<Outcome: Sendable>(
        for exchange: InferExchange,
        _ work: @escaping @Sendable () throws(ServingError) -> Outcome,
        then: @escaping (Result<Outcome, ServingError>) -> Void
    ) {
        guard let context, let queue = shared.hot?.longWork else { return }
        let (abandonment, deadline) = (Abandonment(), exchange.deadline)
        let promise = context.eventLoop.makePromise(of: Result<Outcome, ServingError>.self)
        exchange.elsewhere = abandonment
        promise.futureResult.assumeIsolated().whenSuccess { [self] result in
            exchange.elsewhere = nil
            guard self.exchange === exchange, connection.state == .submitted else { return exchange.answerSent() }
            then(result)
        }
        queue.add(of: exchange.permit.principal.name) {
            do throws(ServingError) {
                guard !abandonment.isAbandoned, deadline.map({ $0 > .now() }) ?? true else {
                    throw .requestDeadlineExceeded(id: "")
                }
                promise.succeed(.success(try work()))
            } catch {
                promise.succeed(.failure(error))
            }
        }
    }

    func read(_ reading: BodyReading, of exchange: InferExchange, received: MonotonicTime?) {
        doElsewhere(for: exchange, { () throws(ServingError) in try reading.run() }) { [self] result in
            do throws(ServingError) {
                let read = try result.get()
                try checkCredential(of: exchange)
                try submit(read, of: exchange, received: received)
            } catch {
                answered(exchange, .failure(error))
            }
        }
    }

    func write(_ writing: AnswerWriting, to exchange: InferExchange) {
        doElsewhere(for: exchange, { () throws(ServingError) in try writing.run(into: ByteBuffer()) }) {
            [self] result in
            respond(result, to: exchange)
        }
    }
}

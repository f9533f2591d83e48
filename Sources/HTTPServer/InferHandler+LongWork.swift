// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOCore
import NIOPosix

/// What would keep the event loop from its other connections is done on a thread of its own.
extension InferHandler {
    /// Does `work` elsewhere and comes back with what came of it, unless the connection has done with the exchange.
    func doElsewhere<Outcome: Sendable>(
        for exchange: InferExchange,
        _ work: @escaping @Sendable () -> Result<Outcome, ServingError>,
        then: @escaping (Result<Outcome, ServingError>) -> Void
    ) {
        guard let context else { return }
        exchange.isElsewhere = true
        NIOThreadPool.singleton.runIfActive(eventLoop: context.eventLoop, work).assumeIsolated()
            .whenComplete { [self] done in
                exchange.isElsewhere = false
                guard self.exchange === exchange, connection.state == .submitted else { return exchange.answerSent() }
                switch done {
                case .success(let result): then(result)
                case .failure: then(.failure(ServingError(.unavailable, "the server is exiting", reason: .rejected)))
                }
            }
    }

    func read(_ reading: BodyReading, of exchange: InferExchange, received: MonotonicTime?) {
        let work = { @Sendable () -> Result<BodyReading.Outcome, ServingError> in
            do throws(ServingError) { return .success(try reading.run()) } catch { return .failure(error) }
        }
        doElsewhere(for: exchange, work) { [self] result in
            do throws(ServingError) {
                try submit(try result.get(), of: exchange, received: received)
                armTimer()
            } catch {
                answered(exchange, .failure(error))
            }
        }
    }

    func write(_ writing: AnswerWriting, to exchange: InferExchange) {
        let work = { @Sendable () -> Result<AnswerWriting.Outcome, ServingError> in
            do throws(ServingError) { return .success(try writing.run(into: ByteBuffer())) } catch {
                return .failure(error)
            }
        }
        doElsewhere(for: exchange, work) { [self] result in respond(result, to: exchange) }
    }
}

// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOCore
import NIOHTTP1
import Transport

/// One hot request, step by step: admitted, read, decoded, submitted, answered.
extension InferHandler {
    func admit(
        _ request: InferRequestHead,
        isHTTP10: Bool,
        path: ModelPath,
        action: ModelAction.Inference = .infer,
        headers: HTTPHeaders? = nil,
        hot: ConnectionContext.Hot,
        now: MonotonicTime
    ) {
        do throws(ServingError) {
            try begin(
                request,
                isHTTP10: isHTTP10,
                path: path,
                action: action,
                headers: headers,
                hot: hot,
                now: now
            )
            if request.expectsContinue { writeContinue() }
        } catch {
            connection.refusing(remaining: request.contentLength, awaitsContinue: request.expectsContinue)
            refuse(error, request: request, isHTTP10: isHTTP10, remaining: request.contentLength)
        }
    }

    private func begin(
        _ request: InferRequestHead,
        isHTTP10: Bool,
        path: ModelPath,
        action: ModelAction.Inference,
        headers: HTTPHeaders?,
        hot: ConnectionContext.Hot,
        now: MonotonicTime
    ) throws(ServingError) {
        let endpoint = RouteTable.endpoint(of: .model(path, action.action), .post)
        var arrival = Arrival(
            endpoint,
            .http,
            remoteAddress: remoteAddress,
            credentials: request.credentials,
            declaredBytes: request.contentLength ?? 0
        )
        arrival.forwardedFor = request.forwardedFor
        arrival.certificate = certificate
        arrival.requestID = request.requestID
        let generation = generation(action)
        let limits = shared.modelLimits.limits(of: path.name, within: shared.requestLimits)
        let isAllJSON = generation != nil || request.inferenceHeaderLengthText == nil
        let excess = excess(of: request, isAllJSON: isAllJSON, limits)
        // One that is too large is never read, and only who may ask is told so.
        if excess != nil { arrival.declaredBytes = 0 }
        let permit = try shared.gate.admit(arrival)
        var charged = 0
        do throws(ServingError) {
            var request = request
            if let headers { try hot.apply(headers, to: &request) }
            let version = try shared.gate.authorise(
                permit,
                endpoint,
                model: path.name,
                version: path.version()
            ) { try? hot.service.model(named: $0, version: nil).version }
            if let excess { throw excess }
            try budget?.take(arrival.declaredBytes)
            charged = arrival.declaredBytes
            let model = try hot.service.model(named: path.name, version: version)
            if model.isDecoupled, generation == nil {
                throw ServingError(
                    .unsupported,
                    "HTTP end point doesn't support models with decoupled transaction policy"
                )
            }
            if generation != nil, request.contentEncoding != .identity {
                let given = request.refusedEncoding ?? request.contentEncoding?.rawValue ?? ""
                throw ServingError(
                    .invalidArgument,
                    "Unsupported content-encoding, only 'identity' is supported. Got '\(given)'."
                )
            }
            if let refused = request.refusedEncoding {
                throw ServingError(
                    .unsupported,
                    "Content-Encoding '\(refused)' is not supported: a request's is one of gzip, deflate and identity"
                )
            }
            guard let mailbox else { throw ServingError(.internalError, "this listener serves no models") }
            exchange = InferExchange(
                endpoint: endpoint,
                head: request,
                isHTTP10: isHTTP10,
                model: model,
                limits: limits,
                permit: permit,
                body: InferBody(declared: request.contentLength, limits: limits),
                arrival: now,
                gate: shared.gate,
                mailbox: mailbox,
                deadline: shared.connectionLimits.deadline(from: now),
                generation: generation,
                budget: budget.map { ($0, charged) }
            )
        } catch {
            budget?.giveBack(charged)
            shared.gate.conclude(
                permit,
                Conclusion(endpoint, model: path.name, status: error.code.httpStatus)
            )
            shared.gate.release(permit)
            throw error
        }
    }

    private func generation(_ action: ModelAction.Inference) -> Generation? {
        guard case .generate(let kind) = action else { return nil }
        return Generation(kind, backlogLimit: shared.connectionLimits.responseBacklogBytes)
    }

    private func excess(of request: InferRequestHead, isAllJSON: Bool, _ limits: RequestLimits) -> ServingError? {
        guard let declared = request.contentLength else { return nil }
        do throws(ServingError) {
            try BodyLimits.check(
                declared: declared,
                isAllJSON: isAllJSON,
                request: limits,
                connection: shared.connectionLimits
            )
            return nil
        } catch {
            return error
        }
    }

    func bodyArrived(_ bytes: ByteBuffer) {
        guard let exchange else { return }
        do throws(ServingError) {
            try exchange.body.append(bytes)
            let uncharged = exchange.body.undeclaredBytes - exchange.permit.reservedBytes
            if exchange.head.contentLength == nil, uncharged > 0 {
                try charge(uncharged, to: exchange)
            }
        } catch {
            let remaining = exchange.body.remaining
            self.exchange = nil
            connection.refusing(remaining: remaining, awaitsContinue: false)
            respond(error, request: exchange.head, isHTTP10: exchange.isHTTP10)
            exchange.conclude(lastAnswer)
            exchange.release()
            afterAnswer(remaining: remaining)
        }
    }

    private func charge(_ bytes: Int, to exchange: InferExchange) throws(ServingError) {
        let total = exchange.permit.reservedBytes + bytes
        guard total <= shared.connectionLimits.bytesInFlightPerConnection else {
            throw ServingError(
                .unavailable,
                "request body exceeds the \(shared.connectionLimits.bytesInFlightPerConnection) bytes that one "
                    + "connection may have in flight",
                reason: .rejected
            )
        }
        try exchange.reserve(bytes)
    }

    func submit() {
        guard let exchange, let mailbox else { return }
        guard mailbox.mayBegin(exchange, of: exchange.permit.principal) else {
            exchange.handler = self
            return armTimer()
        }
        submit(exchange)
    }

    /// The whole request is here, and it is its caller's turn.
    func submit(_ exchange: InferExchange) {
        let received = shared.controls?.trace.isTracing == true ? MonotonicTime.now() : nil
        proveConnection()
        do throws(ServingError) {
            try checkCredential(of: exchange)
            let reading = try BodyReading(of: exchange)
            guard !reading.isLong else {
                read(reading, of: exchange, received: received)
                return armTimer()
            }
            try submit(try reading.run(), of: exchange, received: received)
        } catch {
            answered(exchange, .failure(error))
        }
    }

    func submit(
        _ read: BodyReading.Outcome,
        of exchange: InferExchange,
        received: MonotonicTime?
    ) throws(ServingError) {
        exchange.bytesRead = read.byteCount
        let added = read.byteCount - exchange.permit.reservedBytes
        if added > 0 { try charge(added, to: exchange) }
        var fields = read.decoded.fields
        HeaderForwarding.add(exchange.head.forwarded, to: &fields.parameters)
        try readSharedInputs(read.decoded.sharedInputs, into: &fields, for: exchange)
        fields.principal = exchange.permit.principal
        fields.visit = exchange.permit.visit
        fields.arrival = exchange.arrival
        fields.lender = mailbox
        fields.deadline = exchange.deadline
        if let received { fields.trace = beginTrace(of: fields, exchange, received: received) }
        exchange.submit(InferenceRequest(fields), plan: read.decoded.outputPlan, for: self)
        if exchange.generation?.kind == .stream { watchCredential(of: exchange) }
    }

    /// What came with the head may have ended since: while the body came, while it was read, or while the model worked.
    func checkCredential(of exchange: InferExchange) throws(ServingError) {
        guard !shared.gate.isValid(exchange.permit) else { return }
        try shared.gate.authorise(exchange.permit, exchange.endpoint, model: nil, version: nil)
    }

    private func beginTrace(
        of fields: InferenceRequest.Fields,
        _ exchange: InferExchange,
        received: MonotonicTime
    ) -> (any RequestTrace)? {
        let model = exchange.model
        let trace = shared.controls?.trace.beginTrace(
            model: model.name,
            version: model.version,
            requestID: fields.id
        )
        trace?.record("HTTP_RECV_START", at: exchange.arrival)
        trace?.record("HTTP_RECV_END", at: received)
        return trace
    }

    /// Ends the trace once all that was written so far has reached the socket, or never will.
    private func endWhenSent(_ trace: any RequestTrace) {
        guard let sent = whenSent() else { return trace.end() }
        sent.whenComplete { _ in
            trace.record("HTTP_SEND_END", at: .now())
            trace.end()
        }
    }

    /// Copies what the request left in shared memory, once the server has room for it.
    private func readSharedInputs(
        _ shared: SharedInputs,
        into fields: inout InferenceRequest.Fields,
        for exchange: InferExchange
    ) throws(ServingError) {
        guard !shared.isEmpty else { return }
        guard let control = self.shared.controls?.sharedMemory else {
            throw ControlResponder.absent("client shared memory")
        }
        try charge(shared.byteCount, to: exchange)
        try shared.read(from: control, into: &fields)
    }

    /// On the event loop: the model is done with the request, or it never got that far.
    func answered(_ exchange: InferExchange, _ result: Result<InferenceResponse, ServingError>) {
        guard self.exchange === exchange, connection.state == .submitted else { return exchange.answerSent() }
        switch result {
        case .failure(let error): respond(.failure(error), to: exchange)
        case .success(let response):
            do throws(ServingError) { try checkCredential(of: exchange) } catch {
                return respond(.failure(error), to: exchange)
            }
            guard let writing = AnswerWriting(response, to: exchange) else { return close() }
            if writing.isLong { write(writing, to: exchange) } else { respond(written(writing), to: exchange) }
        }
    }

    /// The answer is in bytes, or it never will be.
    func respond(_ result: Result<AnswerWriting.Outcome, ServingError>, to exchange: InferExchange) {
        self.exchange = nil
        let trace = exchange.request?.fields.trace
        trace?.record("HTTP_SEND_START", at: .now())
        do throws(ServingError) {
            try respond(try result.get(), to: exchange)
        } catch {
            respond(error, request: exchange.head, isHTTP10: exchange.isHTTP10)
        }
        if let trace { endWhenSent(trace) }
        exchange.conclude(lastAnswer)
        afterAnswer(remaining: 0)
        tellWhenSent(exchange)
    }

    /// What a client leaves unread stays charged, but for what the socket's own buffers hold.
    func tellWhenSent(_ exchange: InferExchange) {
        guard let context, !context.channel.isWritable else { return exchange.answerSent() }
        whenSent()?.whenComplete { _ in exchange.answerSent() }
        context.flush()
    }

    /// Completes when all that was written of the answer so far has reached the socket, or never will.
    private func whenSent() -> EventLoopFuture<Void>? {
        if let stream { return stream.sent }
        guard let context else { return nil }
        let sent = context.eventLoop.makePromise(of: Void.self)
        context.write(wrapOutboundOut(.byteBuffer(ByteBuffer())), promise: sent)
        return sent.futureResult
    }

    /// Answers a request that no route may serve.
    func refuse(_ fault: RequestFault, request: InferRequestHead, isHTTP10: Bool) {
        let remaining = fault.endsConnection ? nil : request.contentLength
        connection.refusing(remaining: remaining, awaitsContinue: request.expectsContinue)
        respond(fault.status, fault.message, request: request, isHTTP10: isHTTP10)
        afterAnswer(remaining: remaining)
    }

    /// Answers a request whose body has not been read to its end.
    private func refuse(_ error: ServingError, request: InferRequestHead, isHTTP10: Bool, remaining: Int?) {
        respond(error, request: request, isHTTP10: isHTTP10)
        afterAnswer(remaining: remaining)
    }

    func afterAnswer(remaining: Int?) {
        switch connection.hotAnswered(remaining: remaining, now: .now()) {
        case .next:
            context?.flush()
            takeHeld()
        case .drain: context?.flush()
        case .close: closeWhenFlushed()
        }
    }
}

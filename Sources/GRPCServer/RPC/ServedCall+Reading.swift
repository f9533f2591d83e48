// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOCore
import Transport

/// Bytes that came become messages, one by one, for as long as the receiver takes them.
extension ServedCall {
    /// Reads as many messages as may be handed over; bytes of others stay where they are.
    func advance() {
        guard !isAdvancing else { return }
        isAdvancing = true
        defer { isAdvancing = false }
        // What waited is charged again below, as the messages that it turns out to be or as what still waits.
        giveBack(charges.held)
        charges.held = 0
        do throws(RPCStatus) {
            while elsewhere == nil, state.takesMessages, connection?.isCongested == false, try readStep() {}
        } catch {
            fail(error)
        }
        settleHeldBytes()
        expectRestOfMessage()
        openWindow()
    }

    /// - Returns: whether there may be more to read.
    private func readStep() throws(RPCStatus) -> Bool {
        switch try reader.next() {
        case .needsBytes:
            guard try state.inputExhausted(isMidMessage: reader.isMidMessage) else { return false }
            if let single {
                self.single = nil
                handOver(single)
            }
            if !state.isOver { receiver?.halfClosed() }
            return false
        case .announced(let bytes):
            try state.messageAnnounced()
            try charge(bytes)
            charges.reading = bytes
        case .message(let message):
            guard let plain = try plain(message) else { return false }
            take(plain)
        }
        return true
    }

    private func take(_ message: RPCMessage) {
        if method.kind == .unary { single = message } else { handOver(message) }
    }

    /// A message of a stream that has begun has to become whole; between messages a stream may be silent.
    private func expectRestOfMessage() {
        guard method.kind == .bidirectional else { return }
        guard state.phase == .open, elsewhere == nil, state.takesMessages, reader.isMidMessage else {
            times.message = nil
            return
        }
        guard times.message == nil, let connection else { return }
        let deadline = connection.messageDeadline(from: .now())
        times.message = deadline
        connection.wakeAtLatest(deadline)
    }

    private func handOver(_ message: RPCMessage) {
        if !method.endpoint.isOpen { connection?.place?.prove() }
        state.messageHandedOver()
        receivedBytes += message.bytes.count
        times.message = nil
        charges.handedOver += message.charge
        receiver?.messageArrived(message)
    }

    /// - Returns: `nil` if it will be there later: see ``inflateElsewhere(_:limit:)``.
    private func plain(_ message: MessageReader.Message) throws(RPCStatus) -> RPCMessage? {
        guard message.isCompressed else {
            defer { charges.reading = 0 }
            return RPCMessage(bytes: message.bytes, charge: charges.reading)
        }
        let limit = connection?.shared.settings.messageBytes ?? 0
        do throws(ServingError) {
            if let bytes = try coding.inflateBriefly(message.bytes, limit: limit) { return try charged(bytes) }
        } catch {
            throw RPCStatus(error)
        }
        inflateElsewhere(message.bytes, limit: limit)
        return nil
    }

    /// A message is as large as it is once decompressed.
    private func charged(_ bytes: TensorBytes) throws(ServingError) -> RPCMessage {
        if bytes.count > charges.reading {
            try reserve(bytes.count - charges.reading)
        } else {
            giveBack(charges.reading - bytes.count)
        }
        charges.reading = 0
        return RPCMessage(bytes: bytes, charge: bytes.count)
    }

    /// Does what would keep the event loop from its other connections on another thread, as soon as it is the caller's
    /// turn. The call is held until that is done, since the memory is.
    private func inflateElsewhere(_ message: TensorBytes, limit: Int) {
        guard let queue = connection?.shared.longWork else { return }
        let (abandonment, coding, deadline) = (Abandonment(), coding, head.deadline)
        let promise = eventLoop.makePromise(of: Result<TensorBytes, ServingError>.self)
        elsewhere = abandonment
        state.messageHandedOver()
        promise.futureResult.assumeIsolated().whenSuccess { [self] in inflated($0) }
        queue.add(of: permit.principal.name) {
            do throws(ServingError) {
                guard !abandonment.isAbandoned, deadline.map({ $0 > .now() }) ?? true else {
                    throw .requestDeadlineExceeded(id: "")
                }
                promise.succeed(.success(try coding.inflateMessage(message, limit: limit)))
            } catch {
                promise.succeed(.failure(error))
            }
        }
    }

    private func inflated(_ result: Result<TensorBytes, ServingError>) {
        elsewhere = nil
        _ = state.messageDone()
        guard !state.isOver else {
            // Nobody waits any more; what was charged for its bytes was kept until now.
            giveBack(charges.reading)
            charges.reading = 0
            if connection == nil { releasePermitIfUnused() }
            return
        }
        do throws(ServingError) { take(try charged(try result.get())) } catch { return fail(RPCStatus(error)) }
        advance()
    }

    func openWindow() {
        guard state.phase == .open, reader.unreadCount == 0, let connection else { return }
        if let increment = receiveWindow.increment(retaining: 0) { connection.openWindow(of: stream, by: increment) }
    }
}

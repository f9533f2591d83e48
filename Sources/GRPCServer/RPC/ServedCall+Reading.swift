// SPDX-License-Identifier: Apache-2.0
import Inference
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
            while state.takesMessages, connection?.isCongested == false, try readStep() {}
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
            let message = try plain(message)
            if method.kind == .unary { single = message } else { handOver(message) }
        }
        return true
    }

    /// A message of a stream that has begun has to become whole; between messages a stream may be silent.
    private func expectRestOfMessage() {
        guard method.kind == .bidirectional else { return }
        guard state.phase == .open, state.takesMessages, reader.isMidMessage else {
            times.message = nil
            return
        }
        guard times.message == nil, let connection else { return }
        let deadline = connection.messageDeadline(from: .now())
        times.message = deadline
        connection.wakeAtLatest(deadline)
    }

    private func handOver(_ message: RPCMessage) {
        state.messageHandedOver()
        receivedBytes += message.bytes.count
        times.message = nil
        charges.handedOver += message.charge
        receiver?.messageArrived(message)
    }

    private func plain(_ message: MessageReader.Message) throws(RPCStatus) -> RPCMessage {
        let charged = charges.reading
        charges.reading = 0
        guard message.isCompressed else { return RPCMessage(bytes: message.bytes, charge: charged) }
        let limit = connection?.shared.settings.messageBytes ?? 0
        do throws(ServingError) {
            let bytes = try coding.inflateMessage(message.bytes, limit: limit)
            if bytes.count > charged {
                try reserve(bytes.count - charged)
            } else {
                giveBack(charged - bytes.count)
            }
            return RPCMessage(bytes: bytes, charge: bytes.count)
        } catch {
            throw RPCStatus(error)
        }
    }

    func openWindow() {
        guard state.phase == .open, reader.unreadCount == 0, let connection else { return }
        if let increment = receiveWindow.increment(retaining: 0) { connection.openWindow(of: stream, by: increment) }
    }
}

// SPDX-License-Identifier: Apache-2.0
import Inference
import Transport

/// What a call has been charged with, in bytes, by what it is for. Together they are what its permit has reserved.
struct CallCharges {
    /// The message that is being read.
    var reading = 0
    /// Messages that the receiver has and is not done with.
    var handedOver = 0
    /// Of the bytes that wait unread, those that are charged.
    var held = 0
    /// What waits for the client's windows.
    var unsent = 0
    /// What the receiver keeps until the client reads.
    var heldBack = 0
}

/// What bytes are charged to: the caller's permit, and with it the server and the connection.
extension ServedCall {
    /// What a call takes for as long as it waits for its client, whatever it has to say: measured, and rounded up.
    private static let waitingBytes = 4096

    private var unsentMemory: Int { queue.isEmpty ? 0 : queue.memory + Self.waitingBytes }

    func charge(_ bytes: Int, to message: inout RPCMessage) throws(ServingError) {
        try reserve(bytes)
        charges.handedOver += bytes
        message.charge += bytes
    }

    func holdBack(_ bytes: Int) throws(ServingError) {
        // Counted in steps, so that small answers do not ask the gate each.
        let wanted = state.isOver ? 0 : bytes & ~0xffff
        if wanted > charges.heldBack {
            guard connection != nil else { return }
            try reserve(wanted - charges.heldBack)
        } else {
            giveBack(charges.heldBack - wanted)
        }
        charges.heldBack = wanted
    }

    /// What is left after a turn is charged like a message that came, and has as long to move as one has to arrive.
    func settleUnsent() {
        guard let connection, !(queue.isEmpty && charges.unsent == 0) else { return }
        if queue.isEmpty { times.unread = nil }
        let memory = unsentMemory
        if memory <= charges.unsent {
            let freed = charges.unsent - memory
            charges.unsent = memory
            giveBack(freed)
        } else {
            do throws(ServingError) { try chargeUnsent(memory) } catch {
                return connection.overdue(self, RPCStatus(error))
            }
        }
        guard !queue.isEmpty, times.unread == nil else { return }
        let deadline = connection.messageDeadline(from: .now())
        times.unread = deadline
        connection.wakeAtLatest(deadline)
    }

    /// An answer goes before what could only be held: that waits in the connection's window just as well.
    private func chargeUnsent(_ memory: Int) throws(ServingError) {
        let added = memory - charges.unsent
        if (try? gate.reserve(added, for: &permit)) == nil {
            giveBack(charges.held)
            connection?.retain(retainedBytes + charges.held, by: self)
            charges.held = 0
            try gate.reserve(added, for: &permit)
        }
        connection?.charged(added)
        charges.unsent += added
    }

    func charge(_ bytes: Int) throws(RPCStatus) {
        do throws(ServingError) { try reserve(bytes) } catch { throw RPCStatus(error) }
    }

    func reserve(_ bytes: Int) throws(ServingError) {
        guard let connection else { return }
        try connection.checkRoom(for: bytes)
        try gate.reserve(bytes, for: &permit)
        connection.charged(bytes)
    }

    func giveBack(_ bytes: Int) {
        guard bytes > 0, !isPermitReleased else { return }
        gate.giveBack(bytes, of: &permit)
        connection?.charged(-bytes)
    }

    /// Bytes that came and cannot be read yet are charged too, if there is room; the others keep the connection's
    /// window from opening.
    func settleHeldBytes() {
        if state.isOver { reader.discard() }
        let unread = reader.unreadCount
        if unread > 0 {
            reader.leave()
            if connection?.mayHold(unread) == true, (try? reserve(unread)) != nil { charges.held = unread }
        }
        connection?.retain(unread - charges.held, by: self)
    }

    /// Nothing more is read: what was charged for messages that were not handed over is free.
    func endInput() {
        reader.discard()
        single = nil
        times.message = nil
        charges.held = 0
        if elsewhere == nil { charges.reading = 0 }
        elsewhere?.abandon()
        charges.heldBack = 0
        giveBack(permit.reservedBytes - charges.handedOver - charges.unsent - charges.reading)
        connection?.retain(0, by: self)
    }

    func releasePermitIfUnused() {
        if state.inFlight == 0 { releasePermit() }
    }

    func releasePermit() {
        guard !isPermitReleased else { return }
        isPermitReleased = true
        gate.release(permit)
    }
}

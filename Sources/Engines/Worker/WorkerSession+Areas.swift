// SPDX-License-Identifier: Apache-2.0
internal import Inference
internal import Synchronization

/// The memory that a worker shares with the server.
extension WorkerSession {
    /// The first areas, and the arguments in one of them.
    func sendStart(arguments: [UInt8]) throws(WorkerFault) {
        try state.withLock { (state) throws(WorkerFault) in
            do throws(AreaProblem) {
                try add(.response, bytes: AreaRanges.smallestArea, to: &state)
                let span = try reserveBlock(arguments.count, in: &state)
                guard let span else { throw .worker(WorkerFault("the model's configuration is too large for it")) }
                state.requestAreas[Int(span.area)].write(span) { $0.copyBytes(from: arguments) }
                try sendStart(ServerMessage.start(arguments: span))
            } catch {
                throw error.asFault
            }
        }
    }

    private func sendStart(_ message: [UInt8]) throws(AreaProblem) {
        do throws(WorkerFault) {
            try channel.sendPatiently(message)
        } catch {
            throw .worker(error)
        }
    }

    func add(_ use: WorkerProtocol.AreaUse, bytes: Int, to state: inout State) throws(AreaProblem) {
        let number = UInt32(use == .request ? state.requestAreas.count : state.responseAreas.count)
        let area = try SharedArea(use, bytes: bytes) { (descriptor) throws(WorkerFault) in
            let message = ServerMessage.area(number, use, bytes: bytes)
            guard try channel.send(message, passing: descriptor) != .full else {
                throw WorkerFault("it does not read its messages")
            }
        }
        switch use {
        case .request:
            state.requestAreas.append(area)
            state.ledger.requestRanges.addArea(bytes: bytes)
        case .response:
            state.responseAreas.append(area)
            state.ledger.responseRanges.addArea(bytes: bytes)
        case .modelFiles: preconditionFailure("a model's files are no area that is mapped here")
        }
    }

    func reserveBlock(_ bytes: Int, in state: inout State) throws(AreaProblem) -> AreaSpan? {
        while true {
            switch state.ledger.requestRanges.reserve(bytes) {
            case .span(let span): return span
            case .refused: return nil
            case .needsArea(let bytes): try add(.request, bytes: bytes, to: &state)
            }
        }
    }

    func reserveLease(_ bytes: Int, in state: inout State) throws(AreaProblem) -> AreaSpan? {
        guard bytes > 0 else { return nil }
        while true {
            switch state.ledger.responseRanges.reserve(bytes) {
            case .span(let span): return span
            case .refused: return nil
            case .needsArea(let bytes): try add(.response, bytes: bytes, to: &state)
            }
        }
    }

    /// Room for an answer to one of its calls.
    /// - Returns: `nil` if there is none, or no worker any more.
    func reserveRequestBytes(_ bytes: Int) -> (span: AreaSpan, area: SharedArea)? {
        let result = state.withLock { state -> Result<(span: AreaSpan, area: SharedArea)?, AreaProblem> in
            guard state.ended == nil else { return .success(nil) }
            do throws(AreaProblem) {
                guard let span = try reserveBlock(bytes, in: &state) else { return .success(nil) }
                return .success((span, state.requestAreas[Int(span.area)]))
            } catch {
                return .failure(error)
            }
        }
        switch result {
        case .success(let place): return place
        case .failure(.worker(let fault)): signal.giveUp(fault)
        // The system has no memory for it: as if it were too large.
        case .failure(.system): break
        }
        return nil
    }

    func releaseRequestBytes(_ span: AreaSpan) { state.withLock { _ = $0.ledger.requestRanges.release(span) } }

    func leaseWanted(_ number: UInt64, bytes: UInt64) throws(WorkerFault) {
        try state.withLock { (state) throws(WorkerFault) in
            var span: AreaSpan?
            asking: while true {
                switch try state.ledger.leaseWanted(bytes: bytes) {
                case .granted(let granted):
                    span = granted
                    break asking
                case .refused: break asking
                case .needsArea(let bytes):
                    do throws(AreaProblem) {
                        try add(.response, bytes: bytes, to: &state)
                    } catch {
                        guard case .system = error else { throw error.asFault }
                        // The system has no memory for it: as if it were too large.
                        break asking
                    }
                }
            }
            state.lastSent = nil
            guard try channel.send(ServerMessage.lease(number, span)) != .full else {
                throw WorkerFault("it does not read its messages")
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOCore
import NIOHPACK
import NIOHTTP2
import Transport

/// Calls, from their headers to their end.
extension RPCConnection {
    func headersArrived(_ headers: HTTP2Frame.FramePayload.Headers, on stream: HTTP2StreamID) {
        if let call = calls[stream] {
            // What follows the messages of a client: gRPC has no use for it but its end.
            if headers.endStream { call.inputEnded() }
            return
        }
        guard stream > lastStream else { return }
        lastStream = stream
        guard calls.calls.count + streamsToReset.count < shared.settings.concurrentStreams else {
            return refuseExcess(stream)
        }
        let read: CallHeaders
        do throws(CallHeaders.Refusal) {
            read = try checked(headers.headers)
        } catch {
            note(error, headers.headers)
            return refuse(stream, error, endStream: headers.endStream)
        }
        do throws(CallHeaders.Refusal) { try open(read, on: stream, endStream: headers.endStream) } catch {
            refuse(stream, error, endStream: headers.endStream)
        }
    }

    /// What there is to refuse before the gate is asked.
    private func checked(_ headers: HPACKHeaders) throws(CallHeaders.Refusal) -> CallHeaders {
        let read = try CallHeaders(headers, limits: shared.settings.connectionLimits)
        if let authority = read.authority, !shared.settings.hosts.allows(authority) {
            throw .status(
                RPCStatus(
                    .permissionDenied,
                    "this server does not answer to the name in :authority; --allowed-host=<name> makes it"
                )
            )
        }
        return read
    }

    private func open(
        _ headers: CallHeaders,
        on stream: HTTP2StreamID,
        endStream: Bool
    ) throws(CallHeaders.Refusal) {
        guard let method = shared.methods[headers.path] else {
            let status = RPCStatus(.unimplemented, "the server has no such method")
            let permit = try admit(headers, .unknown, isStream: true)
            shared.gate.conclude(permit, Conclusion(.unknown, status: status.code.rawValue))
            shared.gate.release(permit)
            throw .status(status)
        }
        let now = MonotonicTime.now()
        let call = ServedCall(
            stream: stream,
            head: head(headers, of: method, now: now),
            headers: headers,
            method: method,
            permit: try admit(headers, method.endpoint, isStream: method.kind == .bidirectional),
            connection: self,
            eventLoop: eventLoop
        )
        calls.insert(call)
        let wasIdle = !life.hasCalls
        life.callOpened()
        // Only a connection with calls is pinged.
        if wasIdle { armTimer() }
        wakeAtLatest(call.nextWake)
        call.opened()
        if endStream { call.inputEnded() }
    }

    private func admit(
        _ headers: CallHeaders,
        _ endpoint: Endpoint,
        isStream: Bool
    ) throws(CallHeaders.Refusal) -> Permit {
        var arrival = Arrival(
            endpoint,
            .grpc,
            remoteAddress: remoteAddress,
            credentials: headers.credentials,
            isStream: isStream
        )
        arrival.forwardedFor = headers.forwardedFor
        arrival.requestID = headers.requestID
        arrival.certificate = peerCertificate
        do throws(ServingError) {
            return try shared.gate.admit(arrival)
        } catch {
            throw .status(RPCStatus(error))
        }
    }

    /// The server's own limit is that of a request; a stream carries any number of those.
    private func head(_ headers: CallHeaders, of method: RPCMethod, now: MonotonicTime) -> RPCHead {
        var deadline = headers.timeoutNanoseconds.map { now.advanced(byNanoseconds: $0) }
        let seconds = shared.settings.connectionLimits.deadlineSeconds
        if seconds > 0, method.kind == .unary {
            let own = now.advanced(byNanoseconds: UInt64(seconds) &* 1_000_000_000)
            deadline = min(deadline ?? own, own)
        }
        return RPCHead(
            path: headers.path,
            metadata: headers.metadata,
            deadline: deadline,
            remoteAddress: remoteAddress,
            arrival: now
        )
    }

    /// The client may open it again elsewhere or later: nothing was done for it. Who goes on and on is sent away.
    private func refuseExcess(_ stream: HTTP2StreamID) {
        write(.rstStream(.refusedStream), on: stream)
        turnNeedsEnd()
        if excessStreams.counts(at: .now()) { sendAway("too_many_streams") }
    }

    private func refuse(_ stream: HTTP2StreamID, _ refusal: CallHeaders.Refusal, endStream: Bool) {
        let headers =
            switch refusal {
            case .http(let status): ReplyHeaders.http(status)
            case .status(let status): ReplyHeaders.trailersOnly(status)
            case .unknownEncoding(let status): ReplyHeaders.trailersOnly(status, namesEncodings: true)
            }
        write(.headers(.init(headers: headers, endStream: true)), on: stream)
        if !endStream { streamsToReset.append(stream) }
        turnNeedsEnd()
    }

    func dataArrived(_ data: HTTP2Frame.FramePayload.Data, on stream: HTTP2StreamID) {
        guard let call = calls[stream] else { return }
        if case .byteBuffer(let bytes) = data.data, bytes.readableBytes > 0 { call.bytesArrived(bytes) }
        if data.endStream { call.inputEnded() }
    }

    func overdue(_ call: ServedCall, _ status: RPCStatus) {
        if call.state.isOver {
            // It was answered, and the client does not read the answer.
            call.replaceOutcome(status)
            failed(call)
        } else {
            call.fail(status)
        }
    }

    /// The layer has ended `call`: what was to be sent is dropped, unless a message would be left cut in two.
    func failed(_ call: ServedCall) {
        if call.queue.isPartlyTaken { return reset(call, .cancel) }
        unsentBytes -= call.queue.count
        call.queue.removeAll()
        call.settleUnsent()
        ready(call)
    }

    private func reset(_ call: ServedCall, _ code: HTTP2ErrorCode) {
        remove(call)
        write(.rstStream(code), on: call.stream)
        turnNeedsEnd()
    }

    func streamClosed(_ stream: HTTP2StreamID) {
        streamsToReset.removeAll { $0 == stream }
        guard let call = calls[stream] else { return }
        remove(call)
        call.cancelled()
        if life.isDone { turnNeedsEnd() }
    }

    func remove(_ call: ServedCall) {
        guard calls.remove(call.stream) != nil else { return }
        unsentBytes -= call.queue.count
        retain(0, by: call)
        life.callClosed(at: .now())
        call.detached()
        if !life.hasCalls { armTimer() }
    }

    func dropCalls() {
        readyCalls.removeAll()
        for call in calls.calls {
            remove(call)
            call.cancelled()
        }
    }
}

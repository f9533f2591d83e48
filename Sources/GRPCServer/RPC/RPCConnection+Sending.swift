// SPDX-License-Identifier: Apache-2.0
import NIOCore
import NIOHTTP2

/// Answers, from the queues of the calls to frames.
extension RPCConnection {
    /// What one call may send before the next has its turn.
    private static let turnBytes = 128 << 10
    /// What is handed down before the socket is asked whether it still takes more.
    private static let flushBytes = 512 << 10
    /// What one connection may send before the loop sees to the others.
    private static let sliceBytes = 4 << 20

    /// Sends what windows and socket let through, one call after another.
    func sendReady(_ context: ChannelHandlerContext) {
        var total = 0
        var handedDown = 0
        while let call = readyCalls.popFirst() {
            call.isReady = false
            guard call.connection != nil else { continue }
            guard context.channel.isWritable else {
                waitForSocket(call)
                return settleReady()
            }
            if total >= Self.sliceBytes {
                waitForSocket(call)
                return turnNeedsEnd()
            }
            let sent = send(call)
            total += sent
            handedDown += sent
            if handedDown >= Self.flushBytes {
                handedDown = 0
                context.flush()
            }
            if isClosed { return }
            if sendWindow <= 0, !call.queue.isEmpty {
                waitForSocket(call)
                settleReady()
                return endWithoutWindow()
            }
        }
    }

    /// It is the first whose turn it is when there is room again.
    private func waitForSocket(_ call: ServedCall) {
        call.isReady = true
        readyCalls.prepend(call)
    }

    /// What the calls whose turn does not come now have to send waits, and is charged.
    private func settleReady() {
        for call in Array(readyCalls) where call.connection != nil { call.settleUnsent() }
    }

    /// The connection's window is closed: those that have nothing but their end to send need none.
    private func endWithoutWindow() {
        for call in readyCalls where call.connection != nil && call.queue.isEmpty { end(call) }
    }

    /// - Returns: bytes sent.
    private func send(_ call: ServedCall) -> Int {
        var sent = 0
        while sent < Self.turnBytes {
            let room = min(Self.turnBytes - sent, call.sendWindow, sendWindow)
            guard let bytes = call.queue.take(upTo: room) else { break }
            if !call.hasSentHeaders {
                call.hasSentHeaders = true
                let headers = ReplyHeaders.initial(coding: call.replyCoding)
                write(.headers(.init(headers: headers)), on: call.stream)
            }
            let count = bytes.readableBytes
            sent += count
            call.sendWindow -= count
            sendWindow -= count
            unsentBytes -= count
            write(.data(.init(data: .byteBuffer(bytes))), on: call.stream)
        }
        if sent > 0 { call.drained() }
        call.settleUnsent()
        guard call.connection != nil else { return sent }
        if call.queue.isEmpty {
            end(call)
        } else if call.sendWindow > 0, sendWindow > 0, sent > 0 {
            ready(call)
        }
        return sent
    }

    /// Sends the status of `call`, if it has one.
    private func end(_ call: ServedCall) {
        guard let outcome = call.outcome else { return }
        let headers = call.hasSentHeaders ? ReplyHeaders.trailers(outcome) : ReplyHeaders.trailersOnly(outcome)
        if call.state.isInputOpen { streamsToReset.append(call.stream) }
        remove(call)
        write(.headers(.init(headers: headers, endStream: true)), on: call.stream)
    }

    /// A client that still sends to a call that is over is told to stop, once the answer has left.
    func resetEndedStreams(_ context: ChannelHandlerContext) {
        guard !streamsToReset.isEmpty, context.channel.isWritable else { return }
        let streams = streamsToReset
        streamsToReset = []
        for stream in streams { write(.rstStream(.noError), on: stream) }
        context.flush()
    }
}

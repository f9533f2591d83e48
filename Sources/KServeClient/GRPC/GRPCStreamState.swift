// SPDX-License-Identifier: Apache-2.0
package import NIOCore
package import NIOHPACK

/// One call as a client sees it: frames in, whole messages and one status out. It also says when to open the window
/// again.
package struct GRPCStreamState: Sendable {
    private enum Phase: Sendable, Equatable {
        case awaitingHeaders, receiving
        case ended(GRPCStatus)
    }

    private var phase = Phase.awaitingHeaders
    private var reader: GRPCMessageReader
    private var messages = CircularBuffer<ByteBuffer>()
    /// Bytes of flow control that the server has not been given back.
    package private(set) var uncredited = 0
    private let creditThreshold: Int

    /// - Parameters:
    ///   - messageLimit: bytes of the largest message that is read.
    ///   - window: the stream's window in bytes, as it was announced.
    package init(messageLimit: Int, window: Int) {
        reader = GRPCMessageReader(limit: messageLimit)
        creditThreshold = max(1, window / 4)
    }

    /// The status once no message is left to be taken; `nil` before.
    package var status: GRPCStatus? {
        guard case .ended(let status) = phase, messages.isEmpty else { return nil }
        return status
    }

    /// Whether the server may still send on this stream.
    package var isOpen: Bool {
        if case .ended = phase { false } else { true }
    }

    /// - Throws: ``GRPCStatus`` for what ends the call on the client's side: the stream is to be reset.
    package mutating func headersArrived(_ headers: HPACKHeaders, endStream: Bool) throws(GRPCStatus) {
        switch phase {
        case .ended: return
        case .awaitingHeaders:
            let httpStatus = headers.first(name: ":status") ?? ""
            // 1xx headers announce others.
            if httpStatus.hasPrefix("1"), !endStream { return }
            let status = GRPCStatus(trailers: headers)
            if endStream { return end(status ?? GRPCStatus(httpStatus: httpStatus)) }
            guard httpStatus == "200" else { throw end(with: GRPCStatus(httpStatus: httpStatus)) }
            let contentType = headers.first(name: "content-type") ?? ""
            guard contentType.hasPrefix("application/grpc") else {
                let told = "the answer is '\(contentType)', not gRPC"
                throw end(with: GRPCStatus(code: GRPCStatus.unknown, message: told))
            }
            phase = .receiving
        case .receiving:
            guard endStream else {
                throw end(with: GRPCStatus(code: GRPCStatus.internalError, message: "headers within the answer"))
            }
            guard reader.isBetweenMessages else { throw end(with: Self.describe(.torn)) }
            end(GRPCStatus(trailers: headers) ?? Self.withoutStatus)
        }
    }

    /// - Parameter flowControlled: what the frame took of the windows, padding included.
    /// - Throws: as ``headersArrived(_:endStream:)``.
    package mutating func dataArrived(
        _ data: ByteBuffer,
        flowControlled: Int,
        endStream: Bool
    ) throws(GRPCStatus) {
        uncredited += flowControlled
        guard isOpen else { return }
        guard phase == .receiving else {
            throw end(with: GRPCStatus(code: GRPCStatus.internalError, message: "data before headers"))
        }
        var data = data
        do throws(GRPCFramingError) {
            while let message = try reader.next(in: &data) { messages.append(message) }
        } catch {
            throw end(with: Self.describe(error))
        }
        if endStream { end(Self.withoutStatus) }
    }

    package mutating func resetArrived(errorCode: UInt32) {
        if isOpen { end(GRPCStatus(resetWith: errorCode)) }
    }

    /// The client gives up, or the connection is gone.
    package mutating func failed(_ status: GRPCStatus) {
        if isOpen { end(status) }
    }

    package mutating func takeMessage() -> ByteBuffer? { messages.popFirst() }

    /// Bytes to give back to both windows now; 0 for none. What waits to be taken is not given back, so that a slow
    /// reader holds at most one window of messages.
    package mutating func takeCredit() -> Int {
        guard messages.isEmpty, uncredited >= creditThreshold || !isOpen else { return 0 }
        defer { uncredited = 0 }
        return uncredited
    }

    private mutating func end(_ status: GRPCStatus) { phase = .ended(status) }

    private mutating func end(with status: GRPCStatus) -> GRPCStatus {
        phase = .ended(status)
        return status
    }

    private static let withoutStatus = GRPCStatus(
        code: GRPCStatus.unknown,
        message: "the server ended the call without a status"
    )

    private static func describe(_ error: GRPCFramingError) -> GRPCStatus {
        switch error {
        case .compressed:
            GRPCStatus(code: GRPCStatus.internalError, message: "a message is compressed, which was not asked for")
        case .tooLarge(let limit):
            GRPCStatus(
                code: GRPCStatus.resourceExhausted,
                message: "a message is larger than the \(limit) bytes that are read at most"
            )
        case .torn: GRPCStatus(code: GRPCStatus.internalError, message: "the answer ends within a message")
        }
    }
}

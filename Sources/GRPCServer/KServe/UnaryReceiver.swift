// SPDX-License-Identifier: Apache-2.0
internal import Inference
internal import NIOCore
internal import SwiftProtobuf

/// One call of a method that is answered with generated code.
final class UnaryReceiver<Request: Message, Response: Message>: RPCReceiver {
    typealias Eventually = @Sendable (Request, Permit) async throws(ServingError) -> Response

    enum Handler: Sendable {
        /// Answers at once, on the event loop.
        case immediate(@Sendable (Request, Permit) throws(ServingError) -> Response)
        /// Takes its time elsewhere. A client that goes away does not stop it: what it changes is changed.
        case eventual(Eventually)
    }

    private let handler: Handler
    private var call: (any RPCCall)?

    init(handler: Handler, call: any RPCCall) {
        self.handler = handler
        self.call = call
    }

    func messageArrived(_ message: RPCMessage) {
        guard let call else { return }
        do throws(ServingError) {
            let request = try call.taken(message, as: Request.self)
            switch handler {
            case .immediate(let answer): end(.success(try answer(request, call.permit)))
            case .eventual(let answer): start(answer, request, on: call)
            }
        } catch {
            end(.failure(error))
        }
    }

    func halfClosed() {}
    func becameWritable() {}
    func cancelled() { call = nil }

    private func start(_ answer: @escaping Eventually, _ request: Request, on call: any RPCCall) {
        let eventLoop = call.eventLoop
        let permit = call.permit
        let receiver = NIOLoopBound(self, eventLoop: eventLoop)
        Task {
            let result: Result<Response, ServingError>
            do throws(ServingError) {
                result = .success(try await answer(request, permit))
            } catch {
                result = .failure(error)
            }
            eventLoop.execute { receiver.value.end(result) }
        }
    }

    private func end(_ result: Result<Response, ServingError>) {
        guard let call else { return }
        self.call = nil
        do throws(ServingError) {
            let response = try result.get()
            try call.send(response)
            call.finish(.ok)
        } catch {
            call.finish(RPCStatus(error))
        }
    }
}

extension RPCCall {
    /// The message as generated code has it: a copy, so that it is done whatever came of it.
    /// - Throws: `.internalError`, as gRPC answers what it cannot read.
    func taken<Request: Message>(_ message: RPCMessage, as: Request.Type) throws(ServingError) -> Request {
        defer { messageDone(message) }
        do {
            return try Request(serializedBytes: message.bytes.withUnsafeBytes { [UInt8]($0) })
        } catch {
            throw ServingError(
                .internalError,
                "Unable to parse request: it is no \(Request.protoMessageName)",
                reason: .rejected
            )
        }
    }

    func send(_ message: some Message) throws(ServingError) {
        let bytes: [UInt8]
        do {
            bytes = try message.serializedBytes()
        } catch {
            throw ServingError(.internalError, "the response cannot be written", cause: "\(error)")
        }
        try send { buffer throws(ServingError) in buffer.writeBytes(bytes) }
    }
}

// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOCore

/// One method that can be called, as the table of a server lists it.
package struct RPCMethod: Sendable {
    package enum Kind: Sendable {
        /// One message in, one out: the layer checks that exactly one came before it hands it over.
        case unary
        /// One message in, any number out. The message is handed over once it is whole, since a client may leave its
        /// side open for as long as it listens; a second one fails the call.
        case serverStreaming
        case bidirectional
    }

    /// As in `:path`: `/inference.GRPCInferenceService/ModelInfer`.
    package var path: String
    package var kind: Kind
    /// What the gate is asked for before a message is read.
    package var endpoint: Endpoint
    /// Called on the event loop of the call once the gate has admitted it.
    package var open: @Sendable (any RPCCall) -> any RPCReceiver

    package init(
        path: String,
        kind: Kind,
        endpoint: Endpoint,
        open: @escaping @Sendable (any RPCCall) -> any RPCReceiver
    ) {
        self.path = path
        self.kind = kind
        self.endpoint = endpoint
        self.open = open
    }
}

/// Who answers one call. Everything is called on the event loop of the call, in the order in which it happened.
package protocol RPCReceiver: AnyObject {
    /// A whole message, decompressed. Its bytes stay charged to the call until ``RPCCall/messageDone(_:)``.
    func messageArrived(_ message: RPCMessage)

    /// The client will send no more. Follows the one message of a unary call at once.
    func halfClosed()

    /// Nobody waits any more: the client reset the stream or went away, the deadline passed, or the server ended the
    /// call. Nothing that is sent afterwards goes anywhere. Not called after ``RPCCall/finish(_:)``.
    func cancelled()

    /// There is room again after ``RPCCall/isWritable`` was false.
    func becameWritable()
}

/// A message of a client, and what was charged for it.
package struct RPCMessage: Sendable {
    /// Protobuf, where the socket or the decompressor put it.
    package var bytes: TensorBytes
    /// Bytes that count against the connection and the server until the message is done.
    package var charge: Int

    package init(bytes: TensorBytes, charge: Int) {
        self.bytes = bytes
        self.charge = charge
    }
}

/// What the layer below answers for one call. Used on the call's event loop only.
package protocol RPCCall: AnyObject {
    var head: RPCHead { get }
    /// Who calls; the gate is asked with it again once a model is known.
    var permit: Permit { get }
    var eventLoop: any EventLoop { get }
    /// Whether the client reads fast enough: false while more than a set number of bytes waits to be sent.
    var isWritable: Bool { get }

    /// Sends what `write` appends as one message, after those sent before it. Frames leave at the end of the loop's turn.
    func send(_ write: (inout ByteBuffer) throws(ServingError) -> Void) throws(ServingError)

    /// Ends the call, after everything that was sent. Nothing is told to the receiver afterwards.
    func finish(_ status: RPCStatus)

    /// Charges `message` for more bytes that are held for it, as those of shared memory are.
    /// - Throws: if they exceed what the connection or the server may have in flight; nothing is charged then.
    func charge(_ bytes: Int, to message: inout RPCMessage) throws(ServingError)

    /// A request of a stream goes to its model.
    /// - Throws: if the server or the caller has as many in flight as may be.
    func requestBegan() throws(ServingError)

    /// It is done. Follows ``requestBegan()`` once.
    func requestEnded()

    /// Who answers the call, for its line in the audit log.
    func answers(_ model: any ServableModel)

    /// What the audit log says of a request of a stream, before its last answer leaves.
    func conclude(_ conclusion: Conclusion)

    /// Charges the call for `bytes` in all of answers that wait until the client reads.
    /// - Throws: if there is no room for them.
    func holdBack(_ bytes: Int) throws(ServingError)

    /// The message is not needed any more: its bytes and its place among the messages in flight are free again.
    func messageDone(_ message: RPCMessage)
}

/// The headers of a call.
package struct RPCHead: Sendable {
    package var path: String
    /// All of the client's custom metadata and headers but those of HTTP/2 and gRPC themselves; names in lower case.
    package var metadata: [(name: String, value: String)]
    /// From `grpc-timeout`, or the server's own limit if that is sooner; a stream, which carries any number of
    /// requests, has the client's only.
    package var deadline: MonotonicTime?
    package var remoteAddress: String
    package var arrival: MonotonicTime

    package init(
        path: String,
        metadata: [(name: String, value: String)],
        deadline: MonotonicTime?,
        remoteAddress: String,
        arrival: MonotonicTime
    ) {
        self.path = path
        self.metadata = metadata
        self.deadline = deadline
        self.remoteAddress = remoteAddress
        self.arrival = arrival
    }

    /// The first value of the header `name`, given in lower case.
    package func first(_ name: String) -> String? { metadata.first { $0.name == name }?.value }
}

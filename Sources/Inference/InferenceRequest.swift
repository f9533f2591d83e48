// SPDX-License-Identifier: Apache-2.0
private import Synchronization

/// A tensor that a client sent: row-major elements, little endian.
package struct InputTensor: Sendable {
    package var name: String
    package var dataType: DataType
    package var shape: Shape
    package var bytes: TensorBytes

    package init(name: String, dataType: DataType, shape: Shape, bytes: TensorBytes) {
        self.name = name
        self.dataType = dataType
        self.shape = shape
        self.bytes = bytes
    }
}

/// An output that a client named; a request that names none gets all of them.
package struct RequestedOutput: Sendable {
    package var name: String
    /// 0: the tensor itself. Otherwise the `classificationCount` highest values as `value:index[:label]` strings.
    package var classificationCount: Int
    /// Where the client wants the tensor, in place of the response.
    package var sharedMemory: SharedMemorySlice?

    package init(name: String, classificationCount: Int = 0, sharedMemory: SharedMemorySlice? = nil) {
        self.name = name
        self.classificationCount = classificationCount
        self.sharedMemory = sharedMemory
    }
}

/// The value of a request or response parameter.
package enum ParameterValue: Sendable, Equatable {
    case bool(Bool)
    case int64(Int64)
    case uint64(UInt64)
    case double(Double)
    case string(String)
}

package struct Parameter: Sendable, Equatable {
    package var name: String
    package var value: ParameterValue

    package init(name: String, value: ParameterValue) {
        self.name = name
        self.value = value
    }
}

/// The sequence that a request belongs to.
package enum CorrelationID: Sendable, Hashable {
    case none
    case number(UInt64)
    case string(String)
}

/// A thread that submits requests and may lend itself to running them, which saves a sleep and a wake on either side.
package protocol TurnLender: AnyObject, Sendable {
    /// Runs `work` on this thread once it has read what waits for it, and before it sleeps. Called on that thread only.
    func atEndOfTurn(_ work: @escaping @Sendable () -> Void)

    /// The same once it has looked again at what waits for it. Called on that thread only.
    func inNextTurn(_ work: @escaping @Sendable () -> Void)
}

/// One inference request, as a front end read it. Immutable but for the fact that it may be cancelled.
package final class InferenceRequest: Sendable {
    package struct Fields: Sendable {
        package var id = ""
        package var inputs: [InputTensor] = []
        package var requestedOutputs: [RequestedOutput] = []
        /// Custom parameters: those that the server itself gives a meaning are fields of their own below.
        package var parameters: [Parameter] = []
        /// 0: the model's default level. 1 is the highest.
        package var priority: UInt64 = 0
        /// 0: none. Counts from `arrival`, and only if the model's queue policy lets a request set it.
        package var timeoutMicroseconds: UInt64 = 0
        package var correlationID = CorrelationID.none
        package var startsSequence = false
        package var endsSequence = false
        package var principal = Principal.anonymous
        /// What the gate remembers of whoever sent it; what a model asks of other models while it answers is judged by it.
        /// Of a request that a model makes for several callers, those of all of them: only `Serving` takes it apart.
        package var visit: (any Visit)?
        /// Whether the server sent it itself, as it does to warm a model up.
        package var isServersOwn = false
        /// The models that called each other until it came to this, the first one first; empty for a client's request.
        package var callers: [ModelIdentity] = []
        /// When the answer stops being of use to anyone, by the server's own limit.
        package var deadline: MonotonicTime?
        /// When the first byte of the request was read.
        package var arrival = MonotonicTime(nanoseconds: 0)
        /// The thread that submits the request, if it is one that can be lent.
        package var lender: (any TurnLender)?
        package var trace: (any RequestTrace)?

        package init() {}
    }

    package let fields: Fields
    private let cancelled = Atomic<Bool>(false)

    package init(_ fields: Fields) { self.fields = fields }

    /// The client has gone: whoever holds the request next may drop it and answer with a cancellation.
    package func cancel() { cancelled.store(true, ordering: .relaxed) }

    package var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    /// How Triton starts the errors of a request: `[request id: ID] `.
    package var errorPrefix: String { Self.errorPrefix(id: fields.id) }

    package static func errorPrefix(id: String) -> String { "[request id: \(id.isEmpty ? "<id_unknown>" : id)] " }
}

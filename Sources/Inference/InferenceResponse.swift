// SPDX-License-Identifier: Apache-2.0

/// A tensor that a model made: row-major elements, little endian.
package struct OutputTensor: Sendable {
    package var name: String
    package var dataType: DataType
    package var shape: Shape
    package var bytes: TensorBytes
    /// Where the bytes were put, if the request asked for that: `bytes` is empty then.
    package var sharedMemory: SharedMemorySlice?

    package init(name: String, dataType: DataType, shape: Shape, bytes: TensorBytes) {
        self.name = name
        self.dataType = dataType
        self.shape = shape
        self.bytes = bytes
    }

    /// An input as traces record it.
    package init(_ input: InputTensor) {
        self.init(name: input.name, dataType: input.dataType, shape: input.shape, bytes: input.bytes)
    }
}

/// One answer to a request. Model, version and request id are known to whoever asked, so they are not repeated here.
package struct InferenceResponse: Sendable {
    package var outputs: [OutputTensor]
    package var parameters: [Parameter]

    package init(outputs: [OutputTensor], parameters: [Parameter] = []) {
        self.outputs = outputs
        self.parameters = parameters
    }
}

/// What a ``ResponseSink`` is told.
package enum ResponseEvent: Sendable {
    /// One of 0..n answers; `isFinal` makes it also the end.
    case response(InferenceResponse, isFinal: Bool)
    /// The end, after the last answer was not marked final.
    case completed
    /// The end, with nothing more to come.
    case failed(ServingError)
}

/// Where the answers to one request go: 0..n responses and exactly one end, told from any thread.
///
/// An implementation returns at once: it hands the event to its own event loop, waking it at most once per batch.
package protocol ResponseSink: AnyObject, Sendable {
    func receive(_ event: ResponseEvent)
}

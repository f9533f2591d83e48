// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// An answer to a worker's call as it lies in a request area: laid out as responses are that workers send, and after it
/// the tensors' bytes, each at a multiple of 64.
struct AnswerBlock {
    private let number: UInt64
    private let flags: UInt32
    private let outputs: [OutputTensor]
    private let parameters: [UInt8]
    private let text: [UInt8]
    private let code: UInt32
    private let headLength: Int
    private let places: [Int]
    let byteCount: Int

    private typealias Flag = WorkerResponse.Flag

    /// - Returns: `nil` if its size is no number.
    init?(call number: UInt64, _ event: ResponseEvent) {
        self.number = number
        switch event {
        case .response(let response, let isFinal):
            flags = isFinal ? Flag.last : 0
            outputs = response.outputs
            parameters = JSONObjectWriter.parameters(response.parameters)
            (text, code) = ([], 0)
        case .completed:
            flags = Flag.last | Flag.empty
            (outputs, parameters, text, code) = ([], [], [], 0)
        case .failed(let error):
            flags = Flag.last | Flag.failed
            (outputs, parameters) = ([], [])
            text = Array(error.message.utf8)
            code = error.code.workerNumber
        }
        var length = WorkerProtocol.responseBytes
        for output in outputs {
            length += BlockCursor.tensorBytes(output.name, output.shape)
        }
        length += WorkerProtocol.padded(parameters.count) + WorkerProtocol.padded(text.count)
        headLength = length
        var places: [Int] = []
        for output in outputs {
            guard let start = WorkerProtocol.aligned(length) else { return nil }
            places.append(start)
            let (end, overflow) = start.addingReportingOverflow(output.bytes.count)
            guard !overflow else { return nil }
            length = end
        }
        self.places = places
        byteCount = length
    }

    /// - Parameters:
    ///   - memory: the block's own bytes, ``byteCount`` of them.
    ///   - span: where that is, as the worker finds it.
    func write(into memory: UnsafeMutableRawBufferPointer, at span: AreaSpan) {
        var cursor = BlockCursor(memory: memory, offset: 0)
        cursor.put(number)
        cursor.put(flags)
        cursor.put(UInt32(outputs.count))
        cursor.put(UInt32(parameters.count))
        cursor.put(UInt32(text.count))
        cursor.put(code)
        cursor.put(UInt32(headLength))
        for (output, place) in zip(outputs, places) {
            cursor.putTensor(
                output.name,
                output.dataType,
                output.shape,
                length: output.bytes.count,
                at: place,
                of: span
            )
        }
        cursor.putPadded(parameters)
        cursor.putPadded(text)
        for (output, place) in zip(outputs, places) {
            cursor.copy(output.bytes, to: place)
        }
    }
}

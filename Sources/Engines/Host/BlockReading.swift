// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// Reads a batch's block: the other end of ``RequestBlock``. Tensors stay where they are.
struct BlockReading {
    /// Of each request, in the block's order.
    private(set) var numbers: [UInt64] = []
    private(set) var requests: [BatchedRequest] = []

    init(_ execution: ServerWord.Execution, in areas: HostAreas) throws(WorkerFault) {
        let block = try areas.request(execution.block.area).bytes(
            at: execution.block.offset,
            length: execution.block.length
        )
        let fault: WorkerFault? = block.withUnsafeBytes { bytes in
            do throws(WorkerFault) {
                var reader = MessageReader(bytes)
                for _ in 0..<execution.requests { try read(&reader, areas) }
                return nil
            } catch {
                return error
            }
        }
        if let fault { throw fault }
    }

    private mutating func read(_ reader: inout MessageReader, _ areas: HostAreas) throws(WorkerFault) {
        numbers.append(try reader.number("a request's number"))
        var fields = InferenceRequest.Fields()
        let correlation = try reader.number(UInt64.self, "a request's sequence")
        fields.timeoutMicroseconds = try reader.number("a request's time-out")
        fields.priority = try reader.number("a request's priority")
        let flags = try reader.number(UInt32.self, "a request's flags")
        fields.startsSequence = flags & 1 != 0
        fields.endsSequence = flags & 2 != 0
        let inputs = try reader.number(UInt32.self, "a request's inputs")
        let outputs = try reader.number(UInt32.self, "a request's outputs")
        let idBytes = Int(try reader.number(UInt32.self, "a request's id"))
        let parameterBytes = Int(try reader.number(UInt32.self, "a request's parameters"))
        let correlationBytes = Int(try reader.number(UInt32.self, "a request's sequence"))
        _ = try reader.number(UInt32.self, "a request's length")
        let batchSize = Int(try reader.number(UInt32.self, "a request's part of the batch"))
        for _ in 0..<inputs { fields.inputs.append(try Self.input(&reader, areas)) }
        for _ in 0..<outputs {
            let length = Int(try reader.number(UInt32.self, "an output's name"))
            _ = try reader.number(UInt32.self, "an output's name")
            fields.requestedOutputs.append(RequestedOutput(name: try reader.paddedText(length, "an output's name")))
        }
        fields.id = try reader.paddedText(idBytes, "a request's id")
        fields.parameters = try JSONObjectReader.parameters(
            try reader.paddedText(parameterBytes, "a request's parameters")
        )
        let text = try reader.paddedText(correlationBytes, "a request's sequence")
        if flags & 4 != 0 {
            fields.correlationID = .string(text)
        } else if correlation != 0 {
            fields.correlationID = .number(correlation)
        }
        requests.append(BatchedRequest(request: InferenceRequest(fields), batchSize: batchSize))
    }

    private static func input(_ reader: inout MessageReader, _ areas: HostAreas) throws(WorkerFault) -> InputTensor {
        let type = try reader.number(UInt32.self, "an input's type")
        let dimensions = try reader.number(UInt32.self, "an input's dimensions")
        let nameBytes = Int(try reader.number(UInt32.self, "an input's name"))
        let area = try reader.number(UInt32.self, "an input's area")
        let offset = Int(try reader.number(UInt64.self, "an input's place"))
        let length = Int(try reader.number(UInt64.self, "an input's length"))
        guard let dataType = UInt8(exactly: type).flatMap(DataType.init(rawValue:)) else {
            throw WorkerFault("an input has data type \(type)")
        }
        var shape = Shape()
        for _ in 0..<dimensions { shape.append(try reader.number("an input's shape")) }
        return InputTensor(
            name: try reader.paddedText(nameBytes, "an input's name"),
            dataType: dataType,
            shape: shape,
            bytes: length == 0 ? TensorBytes() : try areas.request(area).bytes(at: offset, length: length)
        )
    }
}

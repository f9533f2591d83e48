// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// A request to another model, as a worker describes it. Its inputs lie in leases of the worker's.
struct WorkerCall: Equatable {
    /// The request that it is made for; 0: whatever the worker has in hand.
    var origin: UInt64
    var model: String
    /// `nil` for the one that the model's version policy picks.
    var version: Int64?
    var id: String
    /// A JSON object, or empty.
    var parameters: String
    var correlation: CorrelationID
    var timeoutMicroseconds: UInt64
    var startsSequence: Bool
    var endsSequence: Bool
    /// Whether any number of responses may come.
    var takesStream: Bool
    var inputs: [WorkerOutput]
    var requestedOutputs: [String]

    private enum Flag {
        static let sequenceStart: UInt32 = 1
        static let sequenceEnd: UInt32 = 2
        static let textCorrelation: UInt32 = 4
        static let stream: UInt32 = 8
    }

    /// The counts and lengths at the head of a call.
    private struct Head {
        var inputs: Int
        var outputs: Int
        var name: UInt32
        var id: UInt32
        var parameters: UInt32
        var correlation: UInt32

        init(_ reader: inout MessageReader) throws(WorkerFault) {
            inputs = Int(try reader.number(UInt32.self, "a call's inputs"))
            outputs = Int(try reader.number(UInt32.self, "a call's outputs"))
            name = try reader.number("a call's model")
            id = try reader.number("a call's id")
            parameters = try reader.number("a call's parameters")
            correlation = try reader.number("a call's correlation id")
            guard try reader.number(UInt32.self, "a call's head") == 0 else {
                throw WorkerFault("a call's head has bytes set that mean nothing")
            }
            guard inputs <= WorkerProtocol.outputCount, outputs <= WorkerProtocol.outputCount else {
                throw WorkerFault(
                    "a call has \(inputs) inputs and \(outputs) outputs, at most \(WorkerProtocol.outputCount) are allowed"
                )
            }
        }
    }

    init(_ reader: inout MessageReader) throws(WorkerFault) {
        origin = try reader.number("a call's request")
        let number = try reader.number(Int64.self, "a call's version")
        guard number >= -1 else { throw WorkerFault("a call has version \(number)") }
        version = number < 0 ? nil : number
        let correlationNumber = try reader.number(UInt64.self, "a call's correlation id")
        timeoutMicroseconds = try reader.number("a call's time-out")
        let flags = try reader.number(UInt32.self, "a call's flags")
        guard flags < 16 else { throw WorkerFault("a call has flags \(flags)") }
        startsSequence = flags & Flag.sequenceStart != 0
        endsSequence = flags & Flag.sequenceEnd != 0
        takesStream = flags & Flag.stream != 0
        let head = try Head(&reader)
        inputs = []
        for _ in 0..<head.inputs { inputs.append(try WorkerOutput(&reader)) }
        requestedOutputs = []
        for _ in 0..<head.outputs { requestedOutputs.append(try Self.name(&reader)) }
        model = try reader.paddedText(head.name, limit: WorkerProtocol.nameBytes, "a call's model")
        id = try reader.paddedText(head.id, limit: WorkerProtocol.messageBytes, "a call's id")
        parameters = try reader.paddedText(head.parameters, limit: WorkerProtocol.messageBytes, "a call's parameters")
        let text = try reader.paddedText(
            head.correlation,
            limit: WorkerProtocol.nameBytes,
            "a call's correlation id"
        )
        if flags & Flag.textCorrelation != 0 {
            guard correlationNumber == 0, !text.isEmpty else {
                throw WorkerFault("a call has two correlation ids, or an empty one")
            }
            correlation = .string(text)
        } else {
            guard text.isEmpty else { throw WorkerFault("a call has two correlation ids") }
            correlation = correlationNumber == 0 ? .none : .number(correlationNumber)
        }
    }

    private static func name(_ reader: inout MessageReader) throws(WorkerFault) -> String {
        let count = try reader.number(UInt32.self, "the name of an output")
        guard try reader.number(UInt32.self, "the name of an output") == 0 else {
            throw WorkerFault("the name of an output has bytes set that mean nothing")
        }
        return try reader.paddedText(count, limit: WorkerProtocol.nameBytes, "the name of an output")
    }

    /// What is asked of the model, with inputs that were copied.
    func fields(inputs: [InputTensor]) throws(WorkerFault) -> InferenceRequest.Fields {
        var fields = InferenceRequest.Fields()
        fields.id = id
        fields.inputs = inputs
        fields.requestedOutputs = requestedOutputs.map { RequestedOutput(name: $0) }
        fields.parameters = try JSONObjectReader.parameters(parameters)
        fields.timeoutMicroseconds = timeoutMicroseconds
        fields.correlationID = correlation
        fields.startsSequence = startsSequence
        fields.endsSequence = endsSequence
        return fields
    }
}

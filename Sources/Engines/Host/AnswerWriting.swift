// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// Puts the answers of a batch into leases and says so.
struct AnswerWriting {
    /// A response's text has to fit into one message with the rest of it.
    static let textBytes = 32_768

    private struct Lease {
        var span: AreaSpan
        var cursor: Int
        let area: HostArea
        let isAskedFor: Bool

        var end: Int { span.offset + span.length }
    }

    private let channel: HostChannel
    private let batch: UInt64
    private let modelName: String
    private let outputLimit: Int
    private var lease: Lease?
    /// Responses that wait to be sent in one message.
    private var parts: [[UInt8]] = []
    private var partBytes = 0

    init(_ execution: ServerWord.Execution, _ channel: HostChannel, source: EngineModelSource) throws(WorkerFault) {
        self.channel = channel
        batch = execution.batch
        modelName = source.modelName
        outputLimit = source.outputLimit
        let span = execution.lease
        guard span.length > 0 else { return }
        lease = Lease(span: span, cursor: span.offset, area: try channel.areas.response(span.area), isAskedFor: false)
    }

    /// - Parameter numbers: of the requests, in the order of their results.
    mutating func send(
        _ results: [Result<[OutputTensor], ServingError>],
        to numbers: [UInt64]
    ) throws(WorkerFault) {
        var allowance = OutputAllowance(modelName: modelName, limit: outputLimit)
        let answers = results.map { result in Self.within(&allowance, result) }
        for (index, answer) in answers.enumerated() {
            switch answer {
            case .failure(let error): add(Self.failure(numbers[index], error))
            case .success(let outputs):
                if try makeRoom(for: outputs, andThen: answers[(index + 1)...]) {
                    add(try response(numbers[index], outputs))
                } else {
                    add(Self.failure(numbers[index], Self.noRoom))
                }
            }
        }
        finish()
    }

    /// What is beyond the limit of a batch's outputs fails; the server would end a worker that sent it.
    private static func within(
        _ allowance: inout OutputAllowance,
        _ result: Result<[OutputTensor], ServingError>
    ) -> Result<[OutputTensor], ServingError> {
        do throws(ServingError) {
            let outputs = try result.get()
            guard outputs.count <= WorkerProtocol.outputCount else {
                throw tooMuch("has \(outputs.count) outputs, at most \(WorkerProtocol.outputCount) are allowed")
            }
            for output in outputs where output.shape.count > WorkerProtocol.dimensionCount {
                throw tooMuch(
                    "has an output of \(output.shape.count) dimensions, at most \(WorkerProtocol.dimensionCount) are allowed"
                )
            }
            try allowance.take(outputs)
            return .success(outputs)
        } catch {
            return .failure(error)
        }
    }

    private static func tooMuch(_ what: String) -> ServingError {
        ServingError(.internalError, "the response of a model in a worker \(what)", reason: .backend)
    }

    private static let noRoom = ServingError(
        .internalError,
        "the response is too large: the server has no room for its outputs",
        reason: .backend
    )

    /// Sees to it that the lease has room: asks for one that is large enough for all that is left, else for this alone.
    private mutating func makeRoom(
        for outputs: [OutputTensor],
        andThen rest: ArraySlice<Result<[OutputTensor], ServingError>>
    ) throws(WorkerFault) -> Bool {
        let needed = Self.room(outputs)
        if needed == 0 { return true }
        if let lease, lease.end - lease.cursor >= needed { return true }
        let all = rest.reduce(needed) { sum, answer in
            guard case .success(let outputs) = answer else { return sum }
            let (next, overflow) = sum.addingReportingOverflow(Self.room(outputs))
            return overflow ? sum : next
        }
        // What lies in the lease before has to be on its way before that is given back.
        finish()
        for bytes in all > needed ? [all, needed] : [needed] {
            guard let span = try channel.lease(bytes: bytes) else { continue }
            let area = try channel.areas.response(span.area)
            lease = Lease(span: span, cursor: span.offset, area: area, isAskedFor: true)
            return true
        }
        return false
    }

    private static func room(_ outputs: [OutputTensor]) -> Int {
        outputs.reduce(0) { $0 + (WorkerProtocol.aligned($1.bytes.count) ?? Int.max / 2) }
    }

    private mutating func response(_ number: UInt64, _ outputs: [OutputTensor]) throws(WorkerFault) -> [UInt8] {
        var writer = ResponseWriter(number, flags: WorkerResponse.Flag.last, outputs: outputs.count)
        for output in outputs {
            var offset = 0
            if output.bytes.count > 0, let lease {
                offset = lease.cursor
                lease.area.write(output.bytes, at: offset)
                self.lease?.cursor += WorkerProtocol.aligned(output.bytes.count) ?? 0
            }
            writer.put(output, area: output.bytes.count > 0 ? lease?.span.area ?? 0 : 0, offset: offset)
        }
        let bytes = writer.finished()
        guard bytes.count <= WorkerProtocol.messageBytes - WorkerProtocol.headBytes else {
            return Self.failure(number, Self.tooMuch("has outputs with too long names"))
        }
        return bytes
    }

    private static func failure(_ number: UInt64, _ error: ServingError) -> [UInt8] {
        let flags = WorkerResponse.Flag.last | WorkerResponse.Flag.failed
        var writer = ResponseWriter(number, flags: flags, outputs: 0)
        writer.fail(code: error.code.workerNumber, text: Array(error.message.utf8.prefix(textBytes)))
        return writer.finished()
    }

    private mutating func add(_ response: [UInt8]) {
        if partBytes + response.count > WorkerProtocol.messageBytes - WorkerProtocol.headBytes { flush() }
        parts.append(response)
        partBytes += response.count
    }

    private mutating func flush() {
        guard !parts.isEmpty else { return }
        var message = MessageWriter(.respond, subject: batch)
        for part in parts { message.put(text: part) }
        channel.send(message.finished())
        parts = []
        partBytes = 0
    }

    /// Says what is left, and gives back what was asked for.
    private mutating func finish() {
        flush()
        if let lease, lease.isAskedFor { channel.giveBack(lease.span) }
        lease = nil
    }
}

/// One response, as bytes.
private struct ResponseWriter {
    private let number: UInt64
    private let flags: UInt32
    private let outputs: Int
    private var tail = MessageWriter()
    private var code: UInt32 = 0
    private var text: [UInt8] = []

    init(_ number: UInt64, flags: UInt32, outputs: Int) {
        self.number = number
        self.flags = flags
        self.outputs = outputs
    }

    mutating func put(_ output: OutputTensor, area: UInt32, offset: Int) {
        tail.put(UInt32(output.dataType.rawValue))
        tail.put(UInt32(output.shape.count))
        tail.put(UInt32(output.name.utf8.count))
        tail.put(area)
        tail.put(UInt64(offset))
        tail.put(UInt64(output.bytes.count))
        for index in 0..<output.shape.count { tail.put(output.shape[index]) }
        tail.put(padded: Array(output.name.utf8))
    }

    mutating func fail(code: UInt32, text: [UInt8]) {
        self.code = code
        // Cut within a character, it is mended.
        self.text = Array(String(decoding: text, as: UTF8.self).utf8)
    }

    consuming func finished() -> [UInt8] {
        let tail = tail.bytes
        var writer = MessageWriter()
        writer.put(number)
        writer.put(flags)
        writer.put(UInt32(outputs))
        writer.put(UInt32(0))
        writer.put(UInt32(text.count))
        writer.put(code)
        writer.put(UInt32(WorkerProtocol.responseBytes + tail.count + WorkerProtocol.padded(text.count)))
        writer.put(text: tail)
        writer.put(padded: text)
        return writer.bytes
    }
}

// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// One lane of execution: what it needs for each run is allocated once.
final class ONNXRuntimeInstance: EngineInstance, @unchecked Sendable {
    // SAFETY: used by one thread at a time, as `EngineInstance` says; nothing of it is reachable from elsewhere.
    private let session: ONNXRuntimeSession
    private let plan: ExecutionPlan
    private let lanes: [InputLane]
    private let outputReshapes: [Reshape?]

    private let inputNames: UnsafeMutablePointer<UnsafePointer<CChar>>
    private let inputValues: UnsafeMutablePointer<OpaquePointer?>
    private let outputNames: UnsafeMutablePointer<UnsafePointer<CChar>>
    private let outputValues: UnsafeMutablePointer<OpaquePointer?>
    /// Indices into `plan.outputs` of what the current run makes.
    private var wanted: [Int] = []

    init(session: ONNXRuntimeSession, plan: ExecutionPlan) {
        self.session = session
        self.plan = plan
        lanes = plan.inputs.indices.map { InputLane(plan, index: $0, library: session.library) }
        outputReshapes = plan.outputs.map { Reshape.leaving($0, batches: plan.batches) }
        inputNames = .allocate(capacity: max(1, plan.inputs.count))
        inputValues = .allocate(capacity: max(1, plan.inputs.count))
        outputNames = .allocate(capacity: max(1, plan.outputs.count))
        outputValues = .allocate(capacity: max(1, plan.outputs.count))
    }

    deinit {
        inputNames.deallocate()
        inputValues.deallocate()
        outputNames.deallocate()
        outputValues.deallocate()
    }

    func execute(_ batch: ExecutionBatch) {
        let all = batch.requests.indices
        guard plan.batches || all.count <= 1 else { return executeEach(batch) }
        do throws(ServingError) {
            try run(batch, all)
        } catch {
            // One request that the model cannot take must not fail those that happened to be beside it.
            if all.count > 1 { executeEach(batch) } else { batch.failAll(error) }
        }
    }

    private func executeEach(_ batch: ExecutionBatch) {
        for index in batch.requests.indices {
            do throws(ServingError) {
                try run(batch, index..<(index + 1))
            } catch {
                batch.fail(requestAt: index, error)
            }
        }
    }

    /// Answers the requests at `indices`, or throws before any of them is answered.
    private func run(_ batch: ExecutionBatch, _ indices: Range<Int>) throws(ServingError) {
        defer { for lane in lanes { lane.runEnded() } }
        let requests = batch.requests[indices]
        let total = requests.reduce(0) { $0 + $1.batchSize }
        let inputCount = try session.account.charge { () throws(ServingError) in try gather(requests) }
        chooseOutputs(requests)
        batch.inputsReady = .now()
        try session.run(
            inputNames: inputNames,
            inputs: inputValues,
            inputCount: inputCount,
            outputNames: outputNames,
            outputs: outputValues,
            outputCount: wanted.count
        )
        batch.outputsReady = .now()
        answer(batch, indices, try collect(total: total), total: total)
    }

    private func gather(_ requests: ArraySlice<BatchedRequest>) throws(ServingError) -> Int {
        var count = 0
        for (index, lane) in lanes.enumerated() {
            guard let value = try lane.value(for: requests) else { continue }
            inputNames[count] = plan.inputNames.pointers[index]
            inputValues[count] = value
            count += 1
        }
        return count
    }

    /// The union of what the requests ask for; a request that names no output asks for all.
    private func chooseOutputs(_ requests: ArraySlice<BatchedRequest>) {
        wanted.removeAll(keepingCapacity: true)
        let takesAll = requests.contains { $0.request.fields.requestedOutputs.isEmpty }
        for (index, output) in plan.outputs.enumerated() {
            guard takesAll || requests.contains(where: { Self.asks($0.request, for: output.spec.name) }) else {
                continue
            }
            outputNames[wanted.count] = plan.outputNames.pointers[index]
            outputValues[wanted.count] = nil
            wanted.append(index)
        }
    }

    private static func asks(_ request: InferenceRequest, for name: String) -> Bool {
        request.fields.requestedOutputs.contains { $0.name == name }
    }

    private func collect(total: Int) throws(ServingError) -> [EngineOutput] {
        // All values get their owner first, so that an error about one releases the others too.
        var values: [EngineValue?] = []
        values.reserveCapacity(wanted.count)
        for position in wanted.indices {
            values.append(outputValues[position].map { EngineValue($0, session: session) })
        }
        var reading = OutputReading(session: session, plan: plan)
        var outputs: [EngineOutput] = []
        outputs.reserveCapacity(wanted.count)
        for (position, index) in wanted.enumerated() {
            guard let value = values[position] else {
                let name = plan.outputs[index].spec.name
                throw ServingError(.internalError, "the model made no output '\(name)'", reason: .backend)
            }
            outputs.append(
                try reading.output(value, of: plan.outputs[index], reshape: outputReshapes[index], total: total)
            )
        }
        return outputs
    }

    private func answer(_ batch: ExecutionBatch, _ indices: Range<Int>, _ outputs: [EngineOutput], total: Int) {
        var row = 0
        for index in indices {
            let request = batch.requests[index]
            let rows = row..<(row + request.batchSize)
            row = rows.upperBound
            var tensors: [OutputTensor] = []
            tensors.reserveCapacity(outputs.count)
            let takesAll = request.request.fields.requestedOutputs.isEmpty
            for output in outputs where takesAll || Self.asks(request.request, for: output.spec.name) {
                tensors.append(output.cut(rows: rows, of: total, batches: plan.batches))
            }
            batch.respond(toRequestAt: index, outputs: tensors)
        }
    }
}

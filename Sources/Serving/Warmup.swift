// SPDX-License-Identifier: Apache-2.0
internal import Inference
internal import InferenceProtos
private import ModelRepository
private import Synchronization

/// The requests of a configuration's `model_warmup`: each instance runs them before its model serves, so that the first
/// client does not pay for what an engine puts off until it runs. They count in no statistics.
struct Warmup: Sendable {
    /// A load takes as long as its warm-up; nobody means more.
    static let countLimit = 1000
    /// Bytes of one sample's inputs.
    static let byteLimit = 256 << 20

    private struct Sample {
        var name: String
        var request: BatchedRequest
        var count: Int
    }

    private let samples: [Sample]
    private let isDecoupled: Bool

    /// - Throws: what is wrong with a sample, named.
    init(
        _ config: Inference_ModelConfig,
        contract: RequestContract,
        files: any ModelFiles
    ) throws(ServingError) {
        var samples: [Sample] = []
        for warmup in config.modelWarmup {
            // Triton passes over such a sample of a model that batches.
            if config.maxBatchSize > 0, warmup.batchSize == 0 { continue }
            do throws(ServingError) {
                samples.append(try Self.sample(warmup, contract: contract, files: files))
            } catch {
                throw Self.named(error, sample: warmup.name, model: config.name)
            }
        }
        self.samples = samples
        isDecoupled = config.modelTransactionPolicy.decoupled
    }

    /// Blocks until `instance` has run everything.
    func run(on instance: any EngineInstance, model: String) throws(ServingError) {
        for sample in samples {
            for _ in 0..<sample.count {
                let outcome = Outcome()
                let size = sample.request.batchSize
                instance.execute(ExecutionBatch(requests: [sample.request], totalBatchSize: size, responder: outcome))
                guard let error = outcome.error(mustBeOver: !isDecoupled) else { continue }
                throw Self.named(error, sample: sample.name, model: model)
            }
        }
    }

    private static func named(_ error: ServingError, sample: String, model: String) -> ServingError {
        var named = error
        named.message = "failed to run warm-up sample '\(sample)' of model '\(model)': \(error.message)"
        return named
    }

    private static func sample(
        _ warmup: Inference_ModelWarmup,
        contract: RequestContract,
        files: any ModelFiles
    ) throws(ServingError) -> Sample {
        guard warmup.count <= countLimit else {
            throw ServingError(
                .invalidArgument,
                "it is to run \(warmup.count) times, at most \(countLimit) are allowed"
            )
        }
        guard contract.maxBatchSize > 0 || warmup.batchSize <= 1 else {
            throw ServingError(.invalidArgument, "its batch_size is \(warmup.batchSize), but the model does not batch")
        }
        guard Int(warmup.batchSize) <= max(1, contract.maxBatchSize) else {
            throw ServingError(
                .invalidArgument,
                "its batch_size is \(warmup.batchSize), but the model's max_batch_size is \(contract.maxBatchSize)"
            )
        }
        var fields = InferenceRequest.Fields()
        fields.id = warmup.name
        fields.isServersOwn = true
        var bytesLeft = byteLimit
        for (name, input) in warmup.inputs.sorted(by: { $0.key < $1.key }) {
            let content = WarmupInput(name: name, input: input, batchSize: Int(max(1, warmup.batchSize)))
            let tensor = try content.tensor(batches: contract.maxBatchSize > 0, files: files, byteLimit: bytesLeft)
            bytesLeft -= tensor.bytes.count
            fields.inputs.append(tensor)
        }
        let request = InferenceRequest(fields)
        let facts = try contract.check(request)
        return Sample(
            name: warmup.name,
            request: BatchedRequest(request: request, batchSize: facts.batchSize),
            count: Int(max(1, warmup.count))
        )
    }

    /// What an instance answered; the answer itself is for no one.
    private final class Outcome: BatchResponder {
        private let state = Mutex<(isOver: Bool, error: ServingError?)>((false, nil))

        func deliver(_ event: ResponseEvent, toRequestAt index: Int) {
            state.withLock { state in
                switch event {
                case .response(_, let isFinal): state.isOver = state.isOver || isFinal
                case .completed: state.isOver = true
                case .failed(let error): state = (true, error)
                }
            }
        }

        func error(mustBeOver: Bool) -> ServingError? {
            state.withLock { state in
                if let error = state.error { return error }
                return state.isOver || !mustBeOver ? nil : ServingError(.internalError, "it was not answered")
            }
        }
    }
}

/// One input of a warm-up sample.
struct WarmupInput {
    let name: String
    let input: Inference_ModelWarmup.Input
    /// How often the content of one item is repeated.
    let batchSize: Int

    func tensor(batches: Bool, files: any ModelFiles, byteLimit: Int) throws(ServingError) -> InputTensor {
        guard let dataType = input.dataType.dataType else {
            throw ServingError(.invalidArgument, "input '\(name)' needs a data_type")
        }
        let shape = Shape(input.dims)
        let item = try item(dataType, shape: shape, files: files, byteLimit: byteLimit / batchSize)
        let bytes = TensorBytes(count: item.count * batchSize) { memory in
            item.withUnsafeBytes { item in
                for index in 0..<batchSize where !item.isEmpty {
                    let start = index * item.count
                    UnsafeMutableRawBufferPointer(rebasing: memory[start..<(start + item.count)]).copyMemory(from: item)
                }
            }
        }
        let whole = batches ? shape.prepending(Int64(batchSize)) : shape
        return InputTensor(name: name, dataType: dataType, shape: whole, bytes: bytes)
    }

    private func item(
        _ dataType: DataType,
        shape: Shape,
        files: any ModelFiles,
        byteLimit: Int
    ) throws(ServingError) -> TensorBytes {
        // Strings of no bytes stand for zero and for random ones; each is a length of four bytes.
        guard let elements = shape.elementCount, elements <= byteLimit / (dataType.byteSize ?? 4) else {
            throw ServingError(
                .invalidArgument,
                "input '\(name)' must have fixed dims and at most \(byteLimit) bytes, its dims are \(shape)"
            )
        }
        let count = elements * (dataType.byteSize ?? 4)
        switch input.inputDataType {
        case .inputDataFile(let file): return try files.read("warmup/" + file, limit: byteLimit)
        case .randomData where dataType != .bytes: return Self.random(count, isBool: dataType == .bool)
        case .zeroData, .randomData:
            return TensorBytes(count: count) { $0.initializeMemory(as: UInt8.self, repeating: 0) }
        case nil:
            throw ServingError(.invalidArgument, "input '\(name)' needs zero_data, random_data or input_data_file")
        }
    }

    private static func random(_ count: Int, isBool: Bool) -> TensorBytes {
        var generator = SystemRandomNumberGenerator()
        return TensorBytes(count: count) { memory in
            for start in stride(from: 0, to: count, by: 8) {
                withUnsafeBytes(of: generator.next()) { word in
                    for (index, byte) in word.prefix(count - start).enumerated() {
                        memory[start + index] = isBool ? byte & 1 : byte
                    }
                }
            }
        }
    }
}

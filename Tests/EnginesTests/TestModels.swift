// SPDX-License-Identifier: Apache-2.0
import Engines
import Inference
import Synchronization
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The committed models, as a model directory of one version whose files are all beneath `Models`.
struct TestModelFiles: ModelFiles {
    static let root = String(#filePath.dropLast("TestModels.swift".count)) + "Models"

    private func full(_ path: String) -> String { Self.root + "/" + path }

    func read(_ path: String, limit: Int) throws(ServingError) -> TensorBytes {
        guard let file = fopen(full(path), "rb") else { throw ServingError(.notFound, "no file \(path)") }
        defer { fclose(file) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { content += buffer[0..<count] }
        guard content.count <= limit else { throw ServingError(.payloadTooLarge, "\(path) is too large") }
        return TensorBytes(content)
    }

    func exists(_ path: String) -> Bool { access(full(path), F_OK) == 0 }
    func list(_ path: String) throws(ServingError) -> [String] { [] }

    func isDirectory(_ path: String) -> Bool {
        guard let directory = opendir(full(path)) else { return false }
        closedir(directory)
        return true
    }
}

/// A model file that is made in the test.
struct MemoryFiles: ModelFiles {
    var contents: [String: [UInt8]]

    func read(_ path: String, limit: Int) throws(ServingError) -> TensorBytes {
        guard let bytes = contents[path] else { throw ServingError(.notFound, "no file \(path)") }
        return TensorBytes(bytes)
    }

    func exists(_ path: String) -> Bool { contents[path] != nil }
    func list(_ path: String) throws(ServingError) -> [String] { [] }
    func isDirectory(_ path: String) -> Bool { false }
}

/// Collects what an engine answers.
final class Answers: BatchResponder {
    private let events = Mutex<[Int: [ResponseEvent]]>([:])

    func deliver(_ event: ResponseEvent, toRequestAt index: Int) {
        events.withLock { $0[index, default: []].append(event) }
    }

    /// The one answer to the request at `index`.
    func result(_ index: Int = 0) -> Result<[OutputTensor], ServingError> {
        let events = events.withLock { $0[index] ?? [] }
        guard events.count == 1 else {
            return .failure(ServingError(.unknown, "the request got \(events.count) events instead of one"))
        }
        switch events[0] {
        case .response(let response, isFinal: true): return .success(response.outputs)
        case .failed(let error): return .failure(error)
        default: return .failure(ServingError(.unknown, "the request got no final response"))
        }
    }

    func outputs(_ index: Int = 0) throws -> [OutputTensor] { try result(index).get() }

    func error(_ index: Int = 0) -> ServingError? {
        if case .failure(let error) = result(index) { return error }
        return nil
    }
}

func makeRequest(_ inputs: [InputTensor], outputs: [String] = []) -> InferenceRequest {
    var fields = InferenceRequest.Fields()
    fields.inputs = inputs
    fields.requestedOutputs = outputs.map { RequestedOutput(name: $0) }
    return InferenceRequest(fields)
}

extension EngineInstance {
    /// Runs `requests` as one batch; a request's part is the first dimension of its first input if `batches`.
    @discardableResult
    func run(_ requests: [InferenceRequest], batches: Bool = true) -> Answers {
        let answers = Answers()
        let batched = requests.map { request in
            let shape = request.fields.inputs.first?.shape ?? []
            return BatchedRequest(request: request, batchSize: batches && shape.count > 0 ? Int(shape[0]) : 1)
        }
        let batch = ExecutionBatch(
            requests: batched,
            totalBatchSize: batched.reduce(0) { $0 + $1.batchSize },
            responder: answers
        )
        execute(batch)
        return answers
    }
}

extension TensorBytes {
    init<Element: BitwiseCopyable>(of elements: [Element]) {
        self = elements.withUnsafeBytes { TensorBytes(copying: $0) }
    }

    func elements<Element: BitwiseCopyable>(_ type: Element.Type) -> [Element] {
        withUnsafeBytes { bytes in
            (0..<(bytes.count / MemoryLayout<Element>.stride)).map {
                bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Element>.stride, as: Element.self)
            }
        }
    }

    init(strings: [[UInt8]]) {
        self.init(
            strings.flatMap { string in
                Swift.withUnsafeBytes(of: UInt32(string.count).littleEndian) { Array($0) } + string
            }
        )
    }
}

func fp32(_ name: String, _ shape: Shape, _ values: [Float]) -> InputTensor {
    InputTensor(name: name, dataType: .fp32, shape: shape, bytes: TensorBytes(of: values))
}

func int64(_ name: String, _ shape: Shape, _ values: [Int64]) -> InputTensor {
    InputTensor(name: name, dataType: .int64, shape: shape, bytes: TensorBytes(of: values))
}

/// A model of the engine, opened and configured for tests.
struct OpenedModel {
    var model: any EngineModel
    var instance: any EngineInstance
}

/// The engine under test; without it nothing here means anything, so its absence is a failure that says what to type.
enum TestEngine {
    // Once for all tests: the digest of the library is over 29 MB.
    private static let loaded = Result { try ONNXRuntimeLibrary.load(path: try EngineStore().locate().libraryPath) }

    static func library() throws -> ONNXRuntimeLibrary { try loaded.get() }

    static func source(
        _ file: String,
        parameters: [String: String] = [:],
        arenaLimit: Int? = nil,
        outputLimit: Int = 1 << 30,
        files: any ModelFiles = TestModelFiles()
    ) -> EngineModelSource {
        var source = EngineModelSource(
            modelName: "m",
            version: 1,
            files: files,
            path: file,
            outputLimit: outputLimit
        )
        source.parameters = parameters
        source.arenaLimit = arenaLimit
        return source
    }

    static func onnx(
        _ source: EngineModelSource,
        maxBatchSize: Int = 8,
        adjust: (inout EngineModelConfiguration) -> Void = { _ in }
    ) throws -> OpenedModel {
        try opened(ONNXRuntimeEngine(library: library()).open(source), maxBatchSize, adjust)
    }

    /// The same in a sandboxed process of its own.
    static func hosted(
        _ source: EngineModelSource,
        maxBatchSize: Int = 8,
        log: WorkerLog = WorkerLog { _, _ in },
        adjust: (inout EngineModelConfiguration) -> Void = { _ in }
    ) throws -> OpenedModel {
        let engine = try HostedEngine(library: try EngineStore().locate().libraryPath, log: log)
        return try opened(engine.open(source), maxBatchSize, adjust)
    }

    private static func opened(
        _ model: any EngineModel,
        _ maxBatchSize: Int,
        _ adjust: (inout EngineModelConfiguration) -> Void
    ) throws -> OpenedModel {
        let signature = try #require(model.signature)
        func specs(_ tensors: [GraphTensor]) -> [TensorSpec] {
            tensors.map { tensor in
                let shape = maxBatchSize > 0 ? tensor.shape.droppingFirst : tensor.shape
                return TensorSpec(name: tensor.name, dataType: tensor.dataType, shape: shape)
            }
        }
        var configuration = EngineModelConfiguration(
            inputs: specs(signature.inputs),
            outputs: specs(signature.outputs),
            maxBatchSize: maxBatchSize
        )
        adjust(&configuration)
        try model.configure(configuration)
        return OpenedModel(model: model, instance: try model.makeInstance(0))
    }
}

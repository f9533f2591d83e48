// SPDX-License-Identifier: Apache-2.0
internal import COnnxRuntime
internal import Inference

/// A model as the engine holds it: what it takes, what it gives, and the way to run it. Runs may overlap.
final class ONNXRuntimeSession: @unchecked Sendable {
    // SAFETY: `pointer` is set in `init` and released in `deinit`; the engine allows concurrent runs of one session.
    let library: ONNXRuntimeLibrary
    let account: MemoryAccount
    let settings: SessionSettings
    let signature: GraphSignature
    private let pointer: OpaquePointer

    init(
        _ content: ModelContent,
        library: ONNXRuntimeLibrary,
        settings: SessionSettings,
        modelName: String,
        memoryLimit: Int?
    ) throws(ServingError) {
        let api = library.api
        let account = MemoryAccount(limit: memoryLimit, keepsBlocks: settings.keepsBlocks)
        let options = try SessionOptions(api)
        try options.apply(settings, modelName: modelName, account: account.pointer)
        // Constants are folded while a session is made, so that counts as running the model.
        let session = try account.charge { () throws(ServingError) in
            try options.withExternalFiles(content.externalFiles) { () throws(ServingError) in
                var session: OpaquePointer?
                try content.model.withUnsafeBytes { (bytes) throws(ServingError) in
                    try api.check(
                        api.pointee.CreateSessionFromArray(
                            library.environment,
                            bytes.baseAddress,
                            bytes.count,
                            options.pointer,
                            &session
                        )
                    )
                }
                return session!
            }
        }
        do throws(ServingError) {
            signature = try GraphInspection(library: library, session: session).signature()
        } catch {
            api.pointee.ReleaseSession(session)
            throw error
        }
        pointer = session
        self.library = library
        self.account = account
        self.settings = settings
    }

    deinit { library.api.pointee.ReleaseSession(pointer) }

    func run(
        inputNames: UnsafePointer<UnsafePointer<CChar>>,
        inputs: UnsafePointer<OpaquePointer?>,
        inputCount: Int,
        outputNames: UnsafePointer<UnsafePointer<CChar>>,
        outputs: UnsafeMutablePointer<OpaquePointer?>,
        outputCount: Int
    ) throws(ServingError) {
        let previous = OrtMemoryAccountEnter(account.pointer)
        let status = library.api.pointee.Run(
            pointer,
            nil,
            inputNames,
            inputs,
            inputCount,
            outputNames,
            outputCount,
            outputs
        )
        OrtMemoryAccountEnter(previous)
        if settings.trimsAfterRun { account.trim() }
        try library.api.check(status)
    }
}

/// Reads a session's inputs and outputs.
struct GraphInspection {
    let library: ONNXRuntimeLibrary
    let session: OpaquePointer

    static let tensorLimit = 4096
    static let rankLimit = 64

    func signature() throws(ServingError) -> GraphSignature {
        let api = library.api.pointee
        var inputCount = 0
        var outputCount = 0
        try library.api.check(api.SessionGetInputCount(session, &inputCount))
        try library.api.check(api.SessionGetOutputCount(session, &outputCount))
        guard inputCount <= Self.tensorLimit, outputCount <= Self.tensorLimit else {
            throw ServingError(.invalidArgument, "the model has more than \(Self.tensorLimit) inputs or outputs")
        }
        return GraphSignature(
            inputs: try tensors(inputCount, api.SessionGetInputName, api.SessionGetInputTypeInfo),
            outputs: try tensors(outputCount, api.SessionGetOutputName, api.SessionGetOutputTypeInfo)
        )
    }

    private typealias NameOf =
        @convention(c) (
            OpaquePointer, Int, UnsafeMutablePointer<OrtAllocator>,
            UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
        ) -> OpaquePointer?
    private typealias TypeOf =
        @convention(c) (
            OpaquePointer, Int, UnsafeMutablePointer<OpaquePointer?>
        ) -> OpaquePointer?

    private func tensors(
        _ count: Int,
        _ nameOf: NameOf,
        _ typeOf: TypeOf
    ) throws(ServingError) -> [GraphTensor] {
        var tensors: [GraphTensor] = []
        for index in 0..<count {
            let name = try name(index, nameOf)
            var type: OpaquePointer?
            try library.api.check(typeOf(session, index, &type))
            defer { library.api.pointee.ReleaseTypeInfo(type) }
            tensors.append(try tensor(name, type!))
        }
        return tensors
    }

    private func name(_ index: Int, _ nameOf: NameOf) throws(ServingError) -> String {
        var allocator: UnsafeMutablePointer<OrtAllocator>?
        try library.api.check(library.api.pointee.GetAllocatorWithDefaultOptions(&allocator))
        var text: UnsafeMutablePointer<CChar>?
        try library.api.check(nameOf(session, index, allocator!, &text))
        let name = String(cString: text!)
        try library.api.check(library.api.pointee.AllocatorFree(allocator!, text))
        return name
    }

    private func tensor(_ name: String, _ type: OpaquePointer) throws(ServingError) -> GraphTensor {
        let api = library.api.pointee
        var kind: Int32 = 0
        try library.api.check(api.GetOnnxTypeFromTypeInfo(type, &kind))
        guard kind == OrtOnnxType.tensor else {
            throw ServingError(
                .unsupported,
                "Unsupported ONNX Type '\(Self.typeName(kind))' for I/O '\(name)', expected 'ONNX_TYPE_TENSOR'."
            )
        }
        var info: OpaquePointer?
        try library.api.check(api.CastTypeInfoToTensorInfo(type, &info))
        var element: Int32 = 0
        var rank = 0
        try library.api.check(api.GetTensorElementType(info!, &element))
        try library.api.check(api.GetDimensionsCount(info!, &rank))
        guard let dataType = ElementType.dataType(element) else {
            throw ServingError(
                .unsupported,
                "unsupported datatype for tensor '\(name)' of the model: ONNX type \(element)"
            )
        }
        guard rank <= Self.rankLimit else {
            throw ServingError(
                .invalidArgument,
                "tensor '\(name)' of the model has more than \(Self.rankLimit) dimensions"
            )
        }
        var dimensions = [Int64](repeating: 0, count: rank)
        try library.api.check(api.GetDimensions(info!, &dimensions, rank))
        return GraphTensor(name: name, dataType: dataType, shape: Shape(dimensions.map { max(-1, $0) }))
    }

    private static func typeName(_ kind: Int32) -> String {
        switch kind {
        case 2: "ONNX_TYPE_SEQUENCE"
        case 3: "ONNX_TYPE_MAP"
        case 4: "ONNX_TYPE_OPAQUE"
        case 5: "ONNX_TYPE_SPARSETENSOR"
        case 6: "ONNX_TYPE_OPTIONAL"
        default: "ONNX_TYPE_UNKNOWN"
        }
    }
}

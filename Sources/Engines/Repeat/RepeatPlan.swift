// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// What one request asks to be repeated, and how far that has come.
struct RepeatPlan: Sendable {
    /// Ten minutes: a client chooses the delays, and each holds a request for that long.
    static let limitMilliseconds: UInt32 = 600_000

    let waitMilliseconds: UInt32
    let count: Int
    private let values: TensorBytes
    private let delays: TensorBytes
    /// All indices, of which each response has a part.
    private let indices: TensorBytes
    private let wantsValue: Bool
    private let wantsIndex: Bool
    private(set) var next = 0

    init(_ request: InferenceRequest) throws(ServingError) {
        let fields = request.fields
        func input(_ name: String) throws(ServingError) -> InputTensor {
            if let tensor = fields.inputs.first(where: { $0.name == name }) { return tensor }
            throw RepeatPlan.refused(request, "expected an input \(name)")
        }
        let (values, delays, wait) = (try input("IN"), try input("DELAY"), try input("WAIT"))
        guard values.shape == delays.shape else {
            throw Self.refused(
                request,
                "expected IN and DELAY shape to match, got \(values.shape) and \(delays.shape)"
            )
        }
        guard wait.bytes.count == 4 else { throw Self.refused(request, "unexpected size for WAIT input") }
        waitMilliseconds = Self.word(wait.bytes, at: 0)
        count = values.bytes.count / 4
        self.values = values.bytes
        self.delays = delays.bytes
        indices = TensorBytes(count: count * 4) { memory in
            for index in 0..<(memory.count / 4) {
                memory.storeBytes(of: UInt32(index).littleEndian, toByteOffset: index * 4, as: UInt32.self)
            }
        }
        let wanted = fields.requestedOutputs
        wantsValue = wanted.isEmpty || wanted.contains { $0.name == "OUT" }
        wantsIndex = wanted.isEmpty || wanted.contains { $0.name == "IDX" }
        let longest = (0..<count).reduce(waitMilliseconds) { max($0, Self.word(delays.bytes, at: $1)) }
        guard longest <= Self.limitMilliseconds else {
            throw Self.refused(
                request,
                "a delay of \(longest) ms exceeds the maximum of \(Self.limitMilliseconds) ms"
            )
        }
    }

    /// How long to wait before the next response; `nil` if there is none.
    var delayMilliseconds: UInt32? { next < count ? Self.word(delays, at: next) : nil }

    mutating func takeResponse() -> InferenceResponse {
        let range = next * 4..<next * 4 + 4
        var outputs: [OutputTensor] = []
        outputs.reserveCapacity(2)
        if wantsValue {
            outputs.append(OutputTensor(name: "OUT", dataType: .int32, shape: [1], bytes: values.slice(range)))
        }
        if wantsIndex {
            outputs.append(OutputTensor(name: "IDX", dataType: .uint32, shape: [1], bytes: indices.slice(range)))
        }
        next += 1
        return InferenceResponse(outputs: outputs)
    }

    private static func word(_ bytes: TensorBytes, at index: Int) -> UInt32 {
        bytes.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)) }
    }

    static func refused(_ request: InferenceRequest, _ text: String) -> ServingError {
        ServingError(.invalidArgument, request.errorPrefix + text, reason: .backend)
    }
}

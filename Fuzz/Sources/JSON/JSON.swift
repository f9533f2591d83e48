// SPDX-License-Identifier: Apache-2.0
import HTTPServer
import Inference

/// What libFuzzer calls: the first byte says how `Inference-Header-Content-Length` divides the rest, which is a body.
@_cdecl("LLVMFuzzerTestOneInput")
func readInferBody(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    guard count > 0 else { return 0 }
    let body = TensorBytes(copying: UnsafeRawBufferPointer(start: start + 1, count: count - 1))
    for profile in Profile.allCases {
        read(body, headerLength: headerLength(start[0], body), RequestLimits(profile: profile))
    }
    return 0
}

private func headerLength(_ choice: UInt8, _ body: TensorBytes) -> Int? {
    switch choice {
    case UInt8(ascii: "{"), 0: return nil
    case 1: return 0
    case 2: return body.count + 1
    case 3: return -1
    default:
        // Behind the last brace, where a client's JSON would end.
        return body.withUnsafeBytes { ($0.lastIndex(of: UInt8(ascii: "}")) ?? Int(choice) - 1) + 1 }
    }
}

private func read(_ body: TensorBytes, headerLength: Int?, _ limits: RequestLimits) {
    do throws(ServingError) {
        for model in Model.all {
            let decoded = try InferRequestReader.read(
                body: body,
                inferenceHeaderLength: headerLength,
                model: model,
                limits: limits
            )
            check(decoded.fields, body, limits)
        }
    } catch {
        precondition(!error.message.isEmpty, "an error says what is wrong")
        precondition(error.message.utf8.count <= 4096, "an error repeats what it was sent")
    }
}

private func check(_ fields: InferenceRequest.Fields, _ body: TensorBytes, _ limits: RequestLimits) {
    precondition(fields.inputs.count <= limits.inputs && fields.requestedOutputs.count <= limits.outputs)
    precondition(fields.parameters.count <= limits.parameters && fields.id.utf8.count <= limits.stringBytes)
    for input in fields.inputs {
        // An empty string is three bytes of JSON, `"",`, and four of a tensor.
        precondition(input.bytes.count <= 8 * body.count + 8, "more memory came out than went in")
        precondition(input.shape.count <= limits.dimensions + 1)
        precondition(input.shape.elementCount != nil, "a shape without a size got through")
        var sum: UInt8 = 0
        input.bytes.withUnsafeBytes { for byte in $0 { sum &+= byte } }
        precondition(sum <= .max)
    }
}

private final class Model: ServableModel {
    static let all = [Model(.fp32, batch: 0), Model(.bytes, batch: 8)]

    let name = "model"
    let version: Int64 = 1
    let inputs: [TensorSpec]
    let outputs = [TensorSpec(name: "OUTPUT0", dataType: .fp32, shape: [-1])]
    let maxBatchSize: Int
    let isDecoupled = false

    private init(_ type: DataType, batch: Int) {
        inputs = [TensorSpec(name: "INPUT0", dataType: type, shape: type == .bytes ? [1] : [-1])]
        maxBatchSize = batch
    }

    func infer(_ request: InferenceRequest, sink: any ResponseSink) {}
}

// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOCore
import Transport

/// Putting a model's answer into the bytes of a body. Writing a long one is not for an event loop.
struct AnswerWriting: Sendable {
    /// Tensors of this size are printed as JSON in well under a millisecond; compressing takes longer.
    private static let briefBytes = 64 << 10
    private static let briefBytesToCompress = 8 << 10

    struct Outcome: Sendable {
        var body: ByteBuffer
        /// Of the JSON, if bytes follow it.
        var inferenceHeaderLength: Int?
        var coding: ContentCoding?
    }

    private let response: InferenceResponse
    private let requestID: String
    private let modelName: String
    private let version: Int64
    private let plan: OutputPlan
    /// What the client would rather have than the body as it is.
    private let coding: ContentCoding?

    init?(_ response: InferenceResponse, to exchange: InferExchange) {
        guard let plan = exchange.plan, let request = exchange.request else { return nil }
        self.response = response
        self.plan = plan
        requestID = request.fields.id
        modelName = exchange.model.name
        version = exchange.model.version
        coding = exchange.head.acceptEncoding.map { ContentCoding.preferred(acceptEncoding: $0) }
    }

    var isLong: Bool {
        var (json, all) = (0, 0)
        for output in response.outputs {
            all += output.bytes.count
            if !plan.isBinary(output.name) { json += output.bytes.count }
        }
        let compresses = coding != nil && coding != .identity
        return json > Self.briefBytes || (compresses && all > Self.briefBytesToCompress)
    }

    /// - Parameter buffer: empty; its memory is used for the body.
    func run(into buffer: consuming ByteBuffer) throws(ServingError) -> Outcome {
        var body = buffer
        let inferenceHeaderLength = try InferResponseWriter.write(
            response,
            requestID: requestID,
            modelName: modelName,
            version: version,
            plan: plan,
            into: &body
        )
        guard let coding, let packed = compressed(body, coding) else {
            return Outcome(body: body, inferenceHeaderLength: inferenceHeaderLength)
        }
        return Outcome(body: packed, inferenceHeaderLength: inferenceHeaderLength, coding: coding)
    }

    /// `nil` if there is nothing to do, or it failed: the answer then goes out as it is.
    private func compressed(_ body: ByteBuffer, _ coding: ContentCoding) -> ByteBuffer? {
        guard coding != .identity else { return nil }
        var packed = ByteBuffer()
        do throws(ServingError) {
            try body.withUnsafeReadableBytes { bytes throws(ServingError) in
                try coding.deflate(bytes, into: &packed)
            }
        } catch {
            return nil
        }
        return packed
    }
}

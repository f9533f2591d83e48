// SPDX-License-Identifier: Apache-2.0
import Inference
import Transport

/// Making a request out of a body that has come in whole. Reading a long one is not for an event loop.
struct BodyReading: Sendable {
    /// JSON of this size is read in well under a millisecond.
    private static let briefBytes = 64 << 10

    struct Outcome: Sendable {
        var decoded: DecodedInferRequest
        /// Of the body once decompressed: what the request holds in memory.
        var byteCount: Int
    }

    private let body: TensorBytes
    private let coding: ContentCoding
    private let isGeneration: Bool
    private let inferenceHeaderLength: Int?
    private let model: any ServableModel
    private let limits: RequestLimits

    /// Takes the body out of the exchange.
    init(of exchange: InferExchange) throws(ServingError) {
        inferenceHeaderLength = try exchange.head.inferenceHeaderLength()
        body = exchange.takeBody()
        coding = exchange.head.contentEncoding ?? .identity
        isGeneration = exchange.generation != nil
        model = exchange.model
        limits = exchange.limits
    }

    /// A few compressed bytes may stand for many.
    var isLong: Bool {
        coding != .identity || min(inferenceHeaderLength ?? body.count, body.count) > Self.briefBytes
    }

    func run() throws(ServingError) -> Outcome {
        let plain = try decompressed()
        let decoded =
            if isGeneration {
                try GenerateRequestReader.read(body: plain, model: model, limits: limits)
            } else {
                try InferRequestReader.read(
                    body: plain,
                    inferenceHeaderLength: inferenceHeaderLength,
                    model: model,
                    limits: limits
                )
            }
        return Outcome(decoded: decoded, byteCount: plain.count)
    }

    private func decompressed() throws(ServingError) -> TensorBytes {
        guard coding != .identity else { return body }
        return try body.withUnsafeBytes { bytes throws(ServingError) in
            try coding.inflate(bytes, limits)
        }
    }
}

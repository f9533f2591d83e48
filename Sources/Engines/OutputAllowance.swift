// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// What the outputs of one execution, or of one response of a decoupled model, may still have: the rule of
/// `--max-output-byte-size`, the same for every engine.
struct OutputAllowance {
    let modelName: String
    /// Bytes.
    let limit: Int
    private(set) var taken = 0

    init(modelName: String, limit: Int) {
        self.modelName = modelName
        self.limit = limit
    }

    var left: Int { limit - taken }

    /// - Throws: if there are more than are left; then none are taken.
    mutating func take(_ bytes: Int) throws(ServingError) {
        guard bytes <= left else { throw exceeded }
        taken += bytes
    }

    mutating func take(_ outputs: [OutputTensor]) throws(ServingError) {
        var sum = 0
        for output in outputs {
            let (next, overflow) = sum.addingReportingOverflow(output.bytes.count)
            guard !overflow else { throw exceeded }
            sum = next
        }
        try take(sum)
    }

    var exceeded: ServingError {
        ServingError(
            .internalError,
            "the outputs of model '\(modelName)' exceed the server's limit of \(limit) bytes (--max-output-byte-size)",
            reason: .backend
        )
    }
}

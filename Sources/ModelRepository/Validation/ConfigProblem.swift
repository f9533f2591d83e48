// SPDX-License-Identifier: Apache-2.0
package import Inference

/// Something in a model's configuration that keeps it from being loaded.
package struct ConfigProblem: Error, Sendable, Hashable {
    /// Triton's words, where Triton has any.
    package var message: String
    /// The field it is about, as in `input[0].dims[1]`; empty for the configuration as a whole.
    package var path: String
    /// Where the text has the field, or else what is around it; `nil` if it was not read from a text.
    package var position: SourcePosition?

    package init(_ message: String, at path: String = "") {
        self.message = message
        self.path = path
    }

    /// - Parameter file: what to call the text in the log, as in `config.pbtxt:3:9`.
    package func servingError(file: String? = nil) -> ServingError {
        ServingError(.invalidArgument, message, place: file.flatMap { position?.place(in: $0) })
    }

    package func located(by positions: ConfigPositions) -> ConfigProblem {
        var located = self
        located.position = path.isEmpty ? nil : positions.nearest(to: path)
        return located
    }
}

/// Problems in the order in which they were found; the same words twice are one problem.
struct ProblemList {
    private(set) var problems: [ConfigProblem] = []
    private var messages: Set<String> = []

    mutating func add(_ message: String, at path: String = "") {
        if messages.insert(message).inserted { problems.append(ConfigProblem(message, at: path)) }
    }
}

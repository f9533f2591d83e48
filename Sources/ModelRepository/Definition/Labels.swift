// SPDX-License-Identifier: Apache-2.0
import Inference
import InferenceProtos

/// The names of an output's classes: one a line, in the order of their indices.
enum Labels {
    /// - Returns: labels by the name of the output that has them.
    static func read(
        for config: Inference_ModelConfig,
        from files: any ModelFiles,
        limits: RepositoryLimits
    ) throws(ServingError) -> [String: [String]] {
        var labels: [String: [String]] = [:]
        for output in config.output where !output.labelFilename.isEmpty {
            do throws(RelativePath.Problem) {
                _ = try RelativePath(output.labelFilename)
            } catch .escapes {
                throw ServingError(
                    .unsupported,
                    "label file path '\(output.labelFilename)' for output '\(output.name)' in model '\(config.name)'"
                        + " is outside model directory"
                )
            } catch {
                throw FileProblem.badPath.servingError(path: output.labelFilename, model: config.name)
            }
            let content = try files.read(output.labelFilename, limit: limits.labelFileBytes)
            labels[output.name] = try lines(
                of: content,
                output: output.name,
                model: config.name,
                limit: limits.labels
            )
        }
        return labels
    }

    private static func lines(
        of content: TensorBytes,
        output: String,
        model: String,
        limit: Int
    ) throws(ServingError) -> [String] {
        try content.withUnsafeBytes { (bytes) throws(ServingError) in
            var lines: [String] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                guard lines.count < limit else {
                    throw ServingError(
                        .invalidArgument,
                        "label file for output '\(output)' in model '\(model)' has more than \(limit) lines"
                    )
                }
                let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
                var line = rest[..<end]
                if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
                lines.append(String(decoding: line, as: UTF8.self))
                rest = rest[min(end + 1, rest.endIndex)...]
            }
            return lines
        }
    }
}

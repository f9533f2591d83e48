// SPDX-License-Identifier: Apache-2.0
import Inference
import InferenceProtos

/// The names of an output's classes: one a line, in the order of their indices.
enum Labels {
    /// - Returns: labels by the name of the output that has them.
    static func read(
        for config: Inference_ModelConfig,
        from files: any ModelFiles,
        source: ConfigSource,
        limits: RepositoryLimits
    ) throws(ServingError) -> [String: [String]] {
        var labels: [String: [String]] = [:]
        for (index, output) in config.output.enumerated() where !output.labelFilename.isEmpty {
            do throws(ServingError) {
                labels[output.name] = try labelsOf(output, model: config.name, from: files, limits: limits)
            } catch {
                throw source.locating(error, at: "output[\(index)].label_filename")
            }
        }
        return labels
    }

    private static func labelsOf(
        _ output: Inference_ModelOutput,
        model: String,
        from files: any ModelFiles,
        limits: RepositoryLimits
    ) throws(ServingError) -> [String] {
        do throws(RelativePath.Problem) {
            _ = try RelativePath(output.labelFilename)
        } catch .escapes {
            throw ServingError(
                .unsupported,
                "label file path '\(output.labelFilename)' for output '\(output.name)' in model '\(model)'"
                    + " is outside model directory"
            )
        } catch {
            throw FileProblem.badPath.servingError(path: output.labelFilename, model: model)
        }
        let content = try files.read(output.labelFilename, limit: limits.labelFileBytes)
        return try lines(of: content, output: output.name, model: model, limit: limits.labels)
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

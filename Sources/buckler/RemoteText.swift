// SPDX-License-Identifier: Apache-2.0
import Foundation
import Inference
import KServeClient

/// A server's answers about its models, as tables.
enum RemoteText {
    static func index(_ index: JSONValue) -> String {
        guard let entries = index.elements, !entries.isEmpty else { return "no models" }
        var table = TextTable([("model", .left), ("version", .right), ("state", .left), ("reason", .left)])
        for entry in entries {
            table.append([
                entry["name"]?.text ?? "", entry["version"]?.text ?? "–", entry["state"]?.text ?? "not loaded",
                entry["reason"]?.text ?? "",
            ])
        }
        return table.text
    }

    static func metadata(_ metadata: JSONValue) -> String {
        let versions = (metadata["versions"]?.elements ?? []).compactMap(\.text).joined(separator: ", ")
        var heading = metadata["name"]?.text ?? ""
        if !versions.isEmpty { heading += ", versions \(versions)" }
        if let platform = metadata["platform"]?.text, !platform.isEmpty { heading += ", \(platform)" }
        var table = TextTable([("", .left), ("name", .left), ("type", .left), ("shape", .left)])
        for (kind, member) in [("input", "inputs"), ("output", "outputs")] {
            for tensor in metadata[member]?.elements ?? [] {
                let shape = tensor["shape"]?.dimensions.map { Shape($0).description } ?? "?"
                table.append([kind, tensor["name"]?.text ?? "?", tensor["datatype"]?.text ?? "?", shape])
            }
        }
        return heading + "\n\n" + table.text
    }

    static func statistics(_ statistics: JSONValue) -> String {
        guard let models = statistics["model_stats"]?.elements, !models.isEmpty else { return "no models are ready" }
        var table = TextTable([
            ("model", .left), ("version", .right), ("succeeded", .right), ("failed", .right), ("inferences", .right),
            ("executions", .right), ("mean batch", .right), ("queue µs", .right), ("compute µs", .right),
            ("request µs", .right),
        ])
        for model in models {
            let durations = model["inference_stats"]
            let inferences = model["inference_count"]?.double ?? 0
            let executions = model["execution_count"]?.double ?? 0
            table.append([
                model["name"]?.text ?? "", model["version"]?.text ?? "", count(durations?["success"]),
                count(durations?["fail"]), whole(inferences), whole(executions),
                executions > 0 ? String(format: "%.1f", inferences / executions) : "–", mean(durations?["queue"]),
                mean(durations?["compute_infer"]), mean(durations?["success"]),
            ])
        }
        return table.text
    }

    private static func whole(_ value: Double) -> String { String(format: "%.0f", value) }

    private static func count(_ duration: JSONValue?) -> String { whole(duration?["count"]?.double ?? 0) }

    private static func mean(_ duration: JSONValue?) -> String {
        guard let count = duration?["count"]?.double, count > 0, let total = duration?["ns"]?.double else { return "–" }
        return String(format: "%.1f", total / count / 1000)
    }
}

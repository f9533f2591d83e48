// SPDX-License-Identifier: Apache-2.0
import Foundation
import Inference
import KServeClient

/// A model's answer for a terminal and for programs.
enum InferText {
    private static let shownValues = 10

    static func table(_ answer: InferenceAnswer) throws(ClientError) -> String {
        var heading = answer.modelName
        if !answer.modelVersion.isEmpty { heading += ", version \(answer.modelVersion)" }
        if let id = answer.id { heading += ", request \(id)" }
        var table = TextTable([("output", .left), ("type", .left), ("shape", .left), ("values", .left)])
        for output in answer.outputs {
            let cells = [output.name, output.dataType.wireName, Shape(output.shape).description]
            table.append(cells + [try values(of: output)])
        }
        return heading + "\n\n" + table.text
    }

    private static func values(of output: ClientTensor) throws(ClientError) -> String {
        let shown = try output.elements(limit: shownValues)
        let rest = (output.elementCount ?? 0) - shown.count
        let text = shown.map { printed($0, as: output.dataType) }.joined(
            separator: output.dataType == .bytes ? "  " : " "
        )
        return rest > 0 ? text + " … \(rest) more" : text
    }

    private static func printed(_ value: JSONValue, as type: DataType) -> String {
        switch value {
        case .string(let text): classification(text) ?? text
        case .number(let number): type == .fp64 ? "\(number)" : String(format: "%.6g", number)
        default: value.compactText
        }
    }

    /// `value:index[:label]`, as the classification extension writes it, in the order in which people read it.
    private static func classification(_ text: String) -> String? {
        let parts = text.split(separator: ":", maxSplits: 2)
        guard parts.count >= 2, let score = Double(parts[0]), let index = Int(parts[1]) else { return nil }
        let label = parts.count > 2 ? String(parts[2]) : "class \(index)"
        return "\(label) (\(String(format: "%.4g", score)))"
    }

    /// The answer with every tensor as `data`, whichever way it travelled.
    static func json(_ answer: InferenceAnswer) throws(ClientError) -> JSONValue {
        var outputs: [JSONValue] = []
        for output in answer.outputs {
            outputs.append(
                .object([
                    JSONMember("name", .string(output.name)),
                    JSONMember("datatype", .string(output.dataType.wireName)),
                    JSONMember("shape", .array(output.shape.map { .integer($0) })),
                    JSONMember("data", .array(try output.elements())),
                ])
            )
        }
        let kept = (answer.header.members ?? []).filter { $0.name != "outputs" }
        return .object(kept + [JSONMember("outputs", .array(outputs))])
    }
}

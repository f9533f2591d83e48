// SPDX-License-Identifier: Apache-2.0

/// A JSON file of a model: settings that fetch code, chat templates, Keras layers.
enum JSONInspector {
    /// Keys whose mere presence makes a loader fetch and run code.
    private static let codeKeys: Set<String> = ["auto_map", "custom_pipelines"]
    private static let templateKeys: Set<String> = ["chat_template", "default_chat_template", "chat_template_jinja"]

    static func looksRight(_ head: [UInt8]) -> Bool {
        let rest = head.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
        return rest.first == UInt8(ascii: "{") || rest.first == UInt8(ascii: "[")
    }

    /// - Throws: if it is not JSON. What was found until then stands in the inspection.
    static func inspect(
        _ bytes: WindowedBytes,
        _ inspection: inout Inspection,
        _ context: InspectionContext
    ) throws(InspectionFault) {
        guard bytes.count <= context.limits.jsonBytes else {
            throw InspectionFault("has \(bytes.count) bytes of JSON, more than \(context.limits.jsonBytes)")
        }
        var events = JSONEvents(bytes, in: 0..<bytes.count)
        var keras = KerasConfiguration()
        var path: [String] = []
        var key = ""
        while let event = try events.next() {
            switch event {
            case .key(let name):
                key = name
                report(key: name, at: events.position, &inspection)
            case .beginObject, .beginArray: path.append(key)
            case .endObject, .endArray: key = path.popLast() ?? ""
            case .bool(true) where key == "trust_remote_code":
                inspection.problem(.remoteCode, "sets 'trust_remote_code', which runs code that comes with a model")
            case .string(let value): report(key, value, in: path, at: events.position, &inspection)
            default: break
            }
            keras.note(event, key: key)
        }
        keras.report(into: &inspection)
    }

    private static func hasBraces(_ value: String) -> Bool {
        var previous: UInt8 = 0
        for byte in value.utf8 {
            if previous == UInt8(ascii: "{"), byte == UInt8(ascii: "{") || byte == UInt8(ascii: "%") { return true }
            previous = byte
        }
        return false
    }

    private static func report(key: String, at offset: Int, _ inspection: inout Inspection) {
        guard codeKeys.contains(key) else { return }
        inspection.problem(
            .remoteCode,
            "has \(Printed.quoted(key)), which names code that is run when it is loaded",
            at: offset
        )
    }

    private static func report(
        _ key: String,
        _ value: String,
        in path: [String],
        at offset: Int,
        _ inspection: inout Inspection
    ) {
        let isTemplate =
            templateKeys.contains(key) || (key == "template" && path.contains { templateKeys.contains($0) })
        if isTemplate {
            TemplateScan.report(value, called: key, at: offset, &inspection)
        } else if hasBraces(value),
            let trick = TemplateScan.trick(in: value)
        {
            let message =
                "has a template \(Printed.quoted(key)) that reaches for Python's insides: \(Printed.quoted(trick))"
            inspection.problem(.templateCode, message, at: offset)
        }
        if key == "trust_remote_code", value.lowercased() == "true" {
            inspection.problem(
                .remoteCode,
                "sets 'trust_remote_code', which runs code that comes with a model",
                at: offset
            )
        }
    }
}

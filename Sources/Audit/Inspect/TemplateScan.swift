// SPDX-License-Identifier: Apache-2.0

/// Looks at a chat template, which is a Jinja program, for the ways out of it.
enum TemplateScan {
    /// What reaches Python's objects from a template, in small letters and without white space.
    private static let tricks = [
        "|attr(", ".__", "['__", "[\"__", "__class__", "__base", "__mro__", "__subclasses", "__globals__",
        "__builtins__",
        "__init__", "__import__", "__dict__", "__getattribute__", "__code__", "__reduce", "\\x5f", "\\u005f", "\\137",
        "getattr", ".mro(", "subclasses", "func_globals", "gi_frame", "f_globals", "cr_frame", "popen(", "os.system",
        "subprocess", "lipsum", "cycler.", "joiner.", "self._", "request.application", "%c%c", "'_'*2", "\"_\"*2",
        "'_'~'_'",
        "\"_\"~\"_\"", "'_'+'_'", "\"_\"+\"_\"",
    ]

    static func report(_ template: String, called name: String, at offset: Int?, _ inspection: inout Inspection) {
        let name = Printed.quoted(name)
        inspection.problem(
            .template,
            "has a chat template \(name), which is a program that the client runs",
            at: offset
        )
        if let trick = trick(in: template) {
            let message = "has a chat template \(name) that reaches for Python's insides: \(Printed.quoted(trick))"
            inspection.problem(.templateCode, message, at: offset)
        }
    }

    /// Only what stands in braces is run: markers such as `__start__` in the text are none of it.
    static func trick(in template: String) -> String? {
        let code = code(of: template)
        return tricks.first { TextScan.contains(code, $0) }
    }

    private static func code(of template: String) -> [UInt8] {
        var result: [UInt8] = []
        var isCode = false
        var previous: UInt8 = 0
        for byte in template.utf8 {
            if previous == UInt8(ascii: "{"), byte == UInt8(ascii: "{") || byte == UInt8(ascii: "%") { isCode = true }
            if byte == UInt8(ascii: "}"), previous == UInt8(ascii: "}") || previous == UInt8(ascii: "%") {
                isCode = false
                result.append(UInt8(ascii: ";"))
            }
            previous = byte
            guard isCode, byte > 0x20 else { continue }
            result.append((0x41...0x5A).contains(byte) ? byte | 0x20 : byte)
        }
        return result
    }
}

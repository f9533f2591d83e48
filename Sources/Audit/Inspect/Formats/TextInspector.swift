// SPDX-License-Identifier: Apache-2.0

/// Text: JSON, OpenVINO's XML, or plain.
enum TextInspector {
    /// Bytes of a text that are searched.
    private static let searchLimit = 4 << 20

    /// UTF-8 without control characters, as far as the beginning goes.
    static func looksRight(_ head: [UInt8], isWhole: Bool) -> Bool {
        // A window may end within a character of up to four bytes.
        let cuts = isWhole ? 0...0 : 0...3
        let isUTF8 = cuts.contains { String(validating: head.dropLast($0), as: UTF8.self) != nil }
        return isUTF8 && head.allSatisfy { $0 >= 0x20 || (0x08...0x0D).contains($0) || $0 == 0x1B }
    }

    static func inspect(
        _ bytes: WindowedBytes,
        _ head: [UInt8],
        _ inspection: inout Inspection,
        _ context: InspectionContext
    ) throws(InspectionFault) {
        try checkAll(bytes)
        if JSONInspector.looksRight(head) {
            do throws(InspectionFault) {
                try JSONInspector.inspect(bytes, &inspection, context)
                inspection.format = .json
                return
            } catch {
                inspection.format = .text
                if FileName.lastExtension(of: inspection.name) == "json" { throw error }
            }
        }
        inspection.format = .text
        let text = try bytes.prefix(at: 0, count: searchLimit)
        let isMarkup = text.first { $0 > 0x20 } == UInt8(ascii: "<")
        if isMarkup, TextScan.contains(text, "<net "), TextScan.contains(text, "<layers") {
            inspection.format = .openVINO
        }
        if TextScan.contains(text, "https://git-lfs.github.com/spec") {
            inspection.fact("content", "a pointer of Git LFS: the file itself was never fetched")
        }
        reportRemoteCode(text, &inspection)
        if text.count < bytes.count, isTemplate(inspection.name) || isSettings(inspection.name) {
            let message = "is a text of \(bytes.count) bytes, of which only the first \(text.count) are searched"
            inspection.problem(.modelSize, message, at: text.count)
        }
        if isTemplate(inspection.name) {
            TemplateScan.report(String(decoding: text, as: UTF8.self), called: inspection.name, at: nil, &inspection)
        }
    }

    private static func isTemplate(_ name: String) -> Bool {
        ["jinja", "jinja2", "j2"].contains(FileName.lastExtension(of: name))
    }

    private static func isSettings(_ name: String) -> Bool {
        ["pbtxt", "yaml", "yml", "toml", "cfg", "ini", "conf", "env"].contains(FileName.lastExtension(of: name))
    }

    /// Of settings only: a source or a description may well talk about it. In a `config.pbtxt` the value stands some
    /// words behind its key.
    private static func reportRemoteCode(_ text: [UInt8], _ inspection: inout Inspection) {
        guard isSettings(inspection.name) else { return }
        let key = Array("trust_remote_code".utf8)
        var start = 0
        while let index = TextScan.index(of: key, in: text, from: start) {
            start = index + key.count
            let behind = String(decoding: text[start...].prefix(200), as: UTF8.self).lowercased()
            let words = behind.split { !($0.isLetter || $0.isNumber || $0 == "_") }
            guard
                let value = words.first(where: { ["true", "1", "yes", "on", "false", "0", "no", "off"].contains($0) }),
                ["true", "1", "yes", "on"].contains(value)
            else { continue }
            inspection.problem(
                .remoteCode,
                "sets 'trust_remote_code', which runs code that comes with a model",
                at: index
            )
            return
        }
    }

    /// A file that turns into something else behind its beginning is no text.
    private static func checkAll(_ bytes: WindowedBytes) throws(InspectionFault) {
        let end = min(bytes.count, searchLimit)
        var position = 0
        while position < end {
            let part = try bytes.prefix(at: position, count: min(WindowedBytes.windowSize, end - position))
            guard !part.isEmpty, !part.contains(0) else {
                throw InspectionFault("begins as text and goes on as something else", at: position)
            }
            position += part.count
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
internal import COnnxRuntime
internal import Inference

extension UnsafePointer where Pointee == OrtApi {
    /// Throws what `status` says and releases it; does nothing if the call worked.
    func check(_ status: OpaquePointer?) throws(ServingError) {
        guard let status else { return }
        defer { pointee.ReleaseStatus(status) }
        let code = pointee.GetErrorCode(status)
        throw ServingError.engineFailure(code: code, text: String(cString: pointee.GetErrorMessage(status)))
    }
}

extension ServingError {
    static func engineFailure(code: Int32, text: String) -> ServingError {
        ServingError(
            .internalError,
            "onnx runtime error \(code): \(EngineText.forClient(text))",
            reason: .backend,
            cause: text
        )
    }
}

/// Makes an engine's own words fit for a client.
enum EngineText {
    static let limit = 1024

    /// `text` on one line, without file paths or addresses, cut at ``limit`` bytes.
    static func forClient(_ text: String) -> String {
        var result = ""
        var word = ""
        func flush() {
            result += replacement(for: word)
            word = ""
        }
        for character in text {
            if result.utf8.count >= limit { break }
            if isPartOfWord(character) {
                word.append(character)
            } else {
                flush()
                result.append(character.isNewline ? " " : character)
            }
        }
        flush()
        guard result.utf8.count > limit else { return result }
        return String(decoding: result.utf8.prefix(limit), as: UTF8.self)
    }

    private static func isPartOfWord(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || "/\\._-+~".contains(character)
    }

    private static func replacement(for word: String) -> String {
        // "inputs/outputs" is English; a path has a root, a step or more than one separator.
        let separators = word.count { $0 == "/" || $0 == "\\" }
        if separators > 1 || (separators == 1 && "/\\.~".contains(word.first ?? " ")) { return "<path>" }
        if word.hasPrefix("0x"), word.count > 6 { return "<address>" }
        return word
    }
}

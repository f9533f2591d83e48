// SPDX-License-Identifier: Apache-2.0
import Inference
import ModelRepository

/// What libFuzzer calls: the input is a `config.pbtxt`, and a configuration as JSON. What is read is printed, and what
/// is printed says the same when it is read again.
@_cdecl("LLVMFuzzerTestOneInput")
func readConfigurations(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    check { () throws(ConfigSyntaxError) in try ModelConfigText.parse(bytes, file: "config.pbtxt") }
    check { () throws(ConfigSyntaxError) in try ModelConfigJSON.parse(bytes) }
    return 0
}

private func check(_ read: () throws(ConfigSyntaxError) -> ParsedModelConfig) {
    guard let config = (try? read())?.config else { return }
    let text = ModelConfigText.print(config)
    guard let again = try? ModelConfigText.parse(Array(text.utf8), file: "printed") else {
        // Only what is longer as a text than a text may be.
        precondition(text.utf8.count > ConfigTextLimits().bytes, "what was printed cannot be read: \(text)")
        return
    }
    precondition(ModelConfigText.print(again.config) == text, "what was printed says something else")
    _ = ModelConfigJSON.print(config)
}

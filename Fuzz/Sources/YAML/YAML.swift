// SPDX-License-Identifier: Apache-2.0
import Audit

/// What libFuzzer calls: the input is a YAML file.
@_cdecl("LLVMFuzzerTestOneInput")
func readYAML(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    guard let text = String(validating: UnsafeBufferPointer(start: start, count: count), as: UTF8.self) else {
        return 0
    }
    do throws(Unreadable) {
        let documents = try DataReader.yaml(text, file: "a.yaml")
        precondition(documents.count <= AuditLimits.defaults.documents, "more documents than allowed")
    } catch {
        precondition(!error.message.isEmpty && error.place.file == "a.yaml", "what cannot be read says why")
    }
    return 0
}

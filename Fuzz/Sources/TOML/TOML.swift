// SPDX-License-Identifier: Apache-2.0
import Audit

/// What libFuzzer calls: the input is a TOML file.
@_cdecl("LLVMFuzzerTestOneInput")
func readTOML(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    guard let text = String(validating: UnsafeBufferPointer(start: start, count: count), as: UTF8.self) else {
        return 0
    }
    do throws(Unreadable) {
        _ = try DataReader.toml(text, file: "a.toml")
    } catch {
        precondition(!error.message.isEmpty && error.place.file == "a.toml", "what cannot be read says why")
    }
    return 0
}

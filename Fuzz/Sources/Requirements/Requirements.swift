// SPDX-License-Identifier: Apache-2.0
import Audit

/// What libFuzzer calls: the input is a requirements file.
@_cdecl("LLVMFuzzerTestOneInput")
func readRequirements(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    guard let text = String(validating: bytes, as: UTF8.self) else { return 0 }
    var limits = AuditLimits()
    limits.lineBytes = 4096
    limits.nodes = 1000
    do throws(Unreadable) {
        let file = try RequirementsReader.read(text, file: "requirements.txt", limits: limits)
        let lines = text.unicodeScalars.count { $0 == "\n" } + 1
        precondition(file.requirements.count + file.options.count <= limits.nodes, "more than was allowed")
        for requirement in file.requirements {
            precondition((1...lines).contains(requirement.place.line ?? 0), "a requirement beyond the file")
            precondition(!requirement.name.isEmpty || requirement.address != nil, "a requirement of nothing")
            if requirement.isPinned, requirement.address == nil {
                precondition(requirement.version.contains("=="), "pinned without a version")
            }
        }
        for option in file.options { precondition(option.name.hasPrefix("-"), "an option without a name") }
    } catch {
        precondition(!error.message.isEmpty && error.place.line != nil, "what cannot be read says why and where")
    }
    return 0
}

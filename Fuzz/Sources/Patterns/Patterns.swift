// SPDX-License-Identifier: Apache-2.0
import Transport

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Characters of a text, so that a matcher that is not linear is far beyond its time and one that is stays quick.
private let textLimit = 256
/// What a step of a program may cost for each character, instrumented and on a busy machine.
private let nanosecondsPerStep: UInt64 = 500

/// What libFuzzer calls: the first line is a pattern of an operator's, the rest the text that it is looked for in.
@_cdecl("LLVMFuzzerTestOneInput")
func findPattern(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    let line = bytes.firstIndex(of: UInt8(ascii: "\n")) ?? count
    let pattern = String(decoding: bytes[..<line], as: UTF8.self)
    let rest = String(decoding: bytes[min(line + 1, count)...], as: UTF8.self)
    let text = String(String.UnicodeScalarView(rest.unicodeScalars.prefix(textLimit)))
    for ignoresCase in [false, true] { check(pattern, text, ignoringCase: ignoresCase) }
    return 0
}

private func check(_ pattern: String, _ text: String, ignoringCase ignoresCase: Bool) {
    let began = processorTime()
    let made: LinearPattern
    do throws(LinearPattern.Fault) {
        made = try LinearPattern(pattern, ignoringCase: ignoresCase)
    } catch {
        precondition(!error.message.isEmpty, "a fault says what is wrong")
        precondition((0...pattern.unicodeScalars.count).contains(error.position), "a fault lies in the pattern")
        precondition(processorTime() - began < 1_000_000_000, "a pattern was refused late")
        return
    }
    let compiled = processorTime()
    precondition(compiled - began < 1_000_000_000, "a pattern took long to compile")
    let isFound = made.matches(text)
    let places = UInt64(text.unicodeScalars.count + 1)
    let bound = 50_000_000 + places * UInt64(LinearPattern.programLimit) * nanosecondsPerStep
    precondition(processorTime() - compiled < bound, "a search took more than linear time")
    checkVariants(of: pattern, text, ignoresCase, isFound: isFound)
}

/// The same pattern written in other ways finds the same, and what matches nothing is found everywhere.
private func checkVariants(of pattern: String, _ text: String, _ ignoresCase: Bool, isFound: Bool) {
    // A quotation without an end swallows what is written behind it.
    guard !pattern.contains("\\Q") else { return }
    for same in ["(?:\(pattern))", "(\(pattern)){1}", "(?:\(pattern))|(?:\(pattern))", "(?:\(pattern)){1,2}"] {
        guard let variant = try? LinearPattern(same, ignoringCase: ignoresCase) else { continue }
        precondition(variant.matches(text) == isFound, "another way to write the pattern finds something else")
    }
    for always in ["(?:\(pattern))*", "(?:(?:\(pattern))*)+", "(?:\(pattern)){0}", "(?:\(pattern))?"] {
        guard let variant = try? LinearPattern(always, ignoringCase: ignoresCase) else { continue }
        precondition(variant.matches(text), "what may match nothing was not found")
    }
}

private func processorTime() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

// SPDX-License-Identifier: Apache-2.0
import Audit

/// What libFuzzer calls: the input is what the reader of Python sources printed about one of them.
@_cdecl("LLVMFuzzerTestOneInput")
func readFacts(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    switch PythonFacts.module(bytes[...], path: "a.py") {
    case .success(let module):
        for call in module.calls { check(call.place) }
        for handler in module.handlers {
            check(handler.place)
            for parameter in handler.parameters { parameter.use.map { check($0.place) } }
        }
        for place in module.emptyKeys { check(place) }
        precondition(module.calls.count + module.handlers.count <= count, "more than was said")
    case .failure(let problem):
        precondition(!problem.message.isEmpty && problem.place.file == "a.py", "what cannot be read says why")
    }
    return 0
}

private func check(_ place: Place) {
    precondition(place.file == "a.py", "a place in another file")
    for number in [place.line, place.column, place.length] {
        precondition((number ?? 1) > 0, "a place before the first")
    }
}
